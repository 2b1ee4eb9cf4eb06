/** Imported from site.yml: 9 of 9 tasks. */
import {
  command,
  defineRole,
  directory,
  fields,
  file,
  service,
  sh,
  sysctl,
  systemdUnit,
  template,
  templateText,
  text,
  z,
} from 'provision';

const FOLDER = `${import.meta.dirname}/site-3-files`;

/** Each service has a running container, made from what its definition is now: compose tells that by a hash. */
const COMPOSE_IS_UP = sh`
  wanted=$(docker compose config --hash '*' | sort)
  found=$(docker inspect -f \
    '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}}' \
    $(docker compose ps -q) | sort -u)
  [ "$wanted" = "$found" ]
`;

export default defineRole({
  name: 'site-3',
  params: z.object({ redis_password: fields.secretText() }),
  resources: ({ params }) => {
    const composeDirValue: string = '/opt/counter';
    const counterReplicasValue: number = 2;
    const kernelSettingsValue: Record<string, number> = { 'net.core.somaxconn': 4096 };

    return [
      // folder
      directory({ path: composeDirValue, mode: '0750' }),
      // unit that starts it after a boot
      systemdUnit({
        name: 'counter.service',
        content: templateText(`${FOLDER}/templates/counter.service.hbs`, { compose_dir: composeDirValue }),
      }),
      // environment
      file({
        path: `${composeDirValue}/.env`,
        content: text`REDIS_PASSWORD=${params.redis_password}\nREPLICAS=${counterReplicasValue}\n`,
        mode: '0600',
        sensitive: true,
      }),
      // compose file
      template({
        path: `${composeDirValue}/compose.yml`,
        template: `${FOLDER}/templates/compose.yml.hbs`,
        vars: {
          numbers: Array.from({ length: counterReplicasValue }, (_, i) => 1 + i).map((number) => ({
            number,
            value: 7000 + number,
          })),
        },
        mode: '0640',
      }),
      // settings of the kernel
      ...Object.entries(kernelSettingsValue).map(([key, value]) => sysctl({ name: key, value: String(value) })),
      // the application runs
      command({
        name: 'the application runs',
        argv: ['docker', 'compose', 'up', '-d', '--remove-orphans'],
        unless: COMPOSE_IS_UP,
        cwd: composeDirValue,
      }),
      // unit is enabled
      service({ name: 'counter', enabled: true }),
    ];
  },
});
