/** Imported from site.yml: 19 of 19 tasks. */
import {
  authorizedKeys,
  command,
  defineRole,
  directory,
  file,
  group,
  packages,
  reloadService,
  restartService,
  service,
  sh,
  template,
  user,
  z,
} from 'provision';

const FOLDER = `${import.meta.dirname}/site-files`;

export default defineRole({
  name: 'site',
  params: z.object({}),
  resources: () => {
    const restartDocker = restartService('docker');
    const reloadHaproxy = reloadService('haproxy');

    return [
      // group of docker
      group({ name: 'docker', system: true }),
      // people
      ...['shop_admin', 'shop_reader'].map((item) => user({ name: item, shell: '/bin/bash', password: 'locked' })),
      // keys of the admin
      authorizedKeys({
        user: 'shop_admin',
        keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w shop_admin'],
        exclusive: true,
      }),
      // keys of the reader
      authorizedKeys({
        user: 'shop_reader',
        keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov shop_reader'],
        exclusive: true,
      }),
      // sudo
      file({
        path: '/etc/sudoers.d/shop_admin',
        content: 'shop_admin ALL=(ALL) NOPASSWD: ALL\n',
        mode: '0440',
        validate: ['visudo', '-cf', '%s'],
      }),
      // tools
      packages({ names: ['curl', 'jq', 'nano'], recommends: true }),
      // Docker
      packages({ names: ['docker.io', 'docker-cli', 'docker-compose', 'iptables'] }),
      // logs of containers
      file(
        {
          path: '/etc/docker/daemon.json',
          content: '{"log-driver":"json-file","log-opts":{"max-size":"10m","max-file":"3"}}',
          mode: '0644',
        },
        { notify: restartDocker },
      ),
      // Docker runs
      service({ name: 'docker', state: 'running', enabled: true }),
      // folders of the stack
      ...['/opt/shop', '/opt/shop/db', '/opt/shop/releases'].map((item) => directory({ path: item, mode: '0750' })),
      // environment of the stack
      file({ path: '/opt/shop/.env', content: 'APP_IMAGE=shop:v1\nLOG_LEVEL=info\n', mode: '0600' }),
      // compose file
      template({
        path: '/opt/shop/compose.yml',
        template: `${FOLDER}/templates/compose.yml.hbs`,
        vars: { numbers: [1, 2].map((i) => ({ i, value: 18000 + i })) },
        mode: '0640',
      }),
      // haproxy
      packages({ names: ['haproxy', 'socat', 'openssl'] }),
      // folder of certificates
      directory({ path: '/etc/haproxy/certs', mode: '0700' }),
      // self-signed certificate
      command({
        name: 'self-signed certificate',
        script: sh`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=shop.test -keyout /etc/haproxy/certs/site.key -out /etc/haproxy/certs/site.crt && cat /etc/haproxy/certs/site.crt /etc/haproxy/certs/site.key > /etc/haproxy/certs/site.pem`,
        creates: '/etc/haproxy/certs/site.pem',
      }),
      // configuration of haproxy
      template(
        {
          path: '/etc/haproxy/haproxy.cfg',
          template: `${FOLDER}/templates/haproxy.cfg.hbs`,
          vars: { numbers: [1, 2].map((i) => ({ i, value: 18000 + i })) },
          mode: '0640',
          validate: ['haproxy', '-c', '-f', '%s'],
        },
        { notify: reloadHaproxy },
      ),
      // haproxy runs
      service({ name: 'haproxy', state: 'running', enabled: true }),
    ];
  },
});
