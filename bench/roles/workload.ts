/** Our side of `npm run bench:noop`: the state of bench/ansible/site.yml, task by task. */
import {
  authorizedKeys,
  certificate,
  defineRole,
  directory,
  file,
  group,
  packages,
  reloadService,
  restartService,
  service,
  sudoers,
  template,
  user,
  z,
} from 'provision';

const KEYS = {
  prusa_admin: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w prusa_admin',
  prusa_non_admin: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov prusa_non_admin',
};

const DAEMON_JSON = '{"log-driver":"json-file","log-opts":{"max-size":"10m","max-file":"3"}}';
const REPLICAS = [1, 2].map((number) => ({ number, port: 18_000 + number }));

export default defineRole({
  name: 'workload',
  params: z.object({}),
  resources: ({ facts: { packageManager: manager }, localPath }) => [
    group({ name: 'docker', system: true }),
    ...Object.keys(KEYS).map((name) => user({ name, shell: '/bin/bash', password: 'locked' })),
    ...Object.entries(KEYS).map(([name, key]) => authorizedKeys({ user: name, keys: [key], exclusive: true })),
    sudoers({ name: 'prusa_admin', rule: 'prusa_admin ALL=(ALL) NOPASSWD: ALL' }),
    packages({ names: ['curl', 'wget', 'vim', 'nano', 'jq'], recommends: true, manager }),
    packages({ names: ['docker.io', 'docker-cli', 'docker-compose', 'iptables'], manager }),
    file({ path: '/etc/docker/daemon.json', content: DAEMON_JSON }, { notify: restartService('docker') }),
    service({ name: 'docker', state: 'running', enabled: true }),
    ...['/opt/stack', '/opt/stack/db', '/opt/stack/releases'].map((path) => directory({ path, mode: '0750' })),
    file({ path: '/opt/stack/.env', content: 'POSTGRES_PASSWORD=x\nAPP_IMAGE=app:v1\n', mode: '0600' }),
    template({
      path: '/opt/stack/compose.yml',
      template: localPath('templates/compose.yml.hbs'),
      vars: { replicas: REPLICAS },
      mode: '0640',
    }),
    packages({ names: ['haproxy', 'socat', 'openssl'], manager, early: true }),
    directory({ path: '/etc/haproxy/certs', mode: '0700' }),
    certificate({
      name: 'app.test',
      path: '/etc/haproxy/certs/site.pem',
      commonName: 'app.test',
      days: 365,
    }),
    template(
      {
        path: '/etc/haproxy/haproxy.cfg',
        template: localPath('templates/haproxy.cfg.hbs'),
        vars: { replicas: REPLICAS },
        mode: '0640',
        validate: ['haproxy', '-c', '-f', '%s'],
      },
      { notify: reloadService('haproxy') },
    ),
    service({ name: 'haproxy', state: 'running', enabled: true }),
  ],
});
