/** Imported from site.yml: 6 of 6 tasks. */
import { defineRole, directory, fields, packages, restartService, service, template, user, z } from 'provision';

const FOLDER = `${import.meta.dirname}/site-1-files`;

export default defineRole({
  name: 'site-1',
  params: z.object({ registry_mirrors: z.array(fields.text()).optional() }),
  resources: ({ params }) => {
    const dockerPackagesValue: string[] = ['docker.io', 'docker-cli', 'docker-compose'];
    const dockerUsersValue: string[] = [];
    const restartDocker = restartService('docker');

    return [
      // Docker
      packages({ names: dockerPackagesValue }),
      // folder of Docker
      directory({ path: '/etc/docker', mode: '0755' }),
      // settings of Docker
      template(
        {
          path: '/etc/docker/daemon.json',
          template: `${FOLDER}/templates/daemon.json.hbs`,
          vars: {
            registry_mirrors: params.registry_mirrors !== undefined,
            registry_mirrors2: (params.registry_mirrors ?? []).join('", "'),
            registry_mirrors3: (params.registry_mirrors ?? []).map((mirror, position, all) => ({
              mirror: mirror.replaceAll('http://', ''),
              not_last: !(position === all.length - 1),
            })),
          },
          mode: '0644',
        },
        { notify: restartDocker },
      ),
      // Docker runs
      service({ name: 'docker', state: 'running', enabled: true }),
      // who may use it
      ...dockerUsersValue.map((item) => user({ name: item, groups: ['docker'] })),
    ];
  },
});
