/** Imported from the role nginx: 10 of 10 tasks. */
import { readFileSync } from 'node:fs';
import { defineRole, directory, fields, file, packages, reloadService, service, symlink, template, z } from 'provision';

const FOLDER = `${import.meta.dirname}/nginx-files`;

/** As Ansible's bool: what is no word for true is false. */
function isTrue(value: string | number | boolean | undefined): boolean {
  return ['yes', 'on', '1', 'true'].includes(String(value).toLowerCase());
}

export default defineRole({
  name: 'nginx',
  params: z.object({
    nginx_extra_package: fields.text().default('curl'),
    nginx_sites: z
      .array(
        z.object({
          name: fields.text(),
          port: fields.number(),
          locations: z.array(z.object({ path: fields.text(), root: fields.text(), cache: z.boolean().optional() })),
          server_name: fields.text().optional(),
          enabled: z.boolean().optional(),
        }),
      )
      .default([
        {
          name: 'shop',
          port: 8080,
          locations: [
            { path: '/', root: '/srv/www/shop' },
            { path: '/static/', root: '/srv/www/static', cache: true },
          ],
        },
        { name: 'blog', port: 8081, server_name: 'blog.test', locations: [] },
      ]),
    nginx_root: fields.text().default('/srv/www'),
    nginx_worker_processes: fields.text().default('auto'),
    nginx_worker_connections: fields.number().default(768),
    nginx_server_tokens: z.boolean().default(false),
    nginx_gzip: z.boolean().optional(),
    nginx_remove_default_site: z.union([z.string(), z.number(), z.boolean()]).default(true),
    nginx_packages: z.array(fields.text()).optional(),
    nginx_log_dir: fields.text().optional(),
  }),
  resources: ({ params, facts }) => {
    const nginxConfDirValue: string = '/etc/nginx';
    const nginxPackagesValue = params.nginx_packages ?? ['nginx-light', params.nginx_extra_package];
    const nginxLogDirValue = params.nginx_log_dir ?? `${params.nginx_root}/logs`;
    const reloadNginx = reloadService('nginx');

    return [
      // Install nginx
      ...(['debian', 'ubuntu'].includes(facts.os) ? [packages({ names: nginxPackagesValue, recommends: true })] : []),
      // Folders of the sites
      ...(params.nginx_sites.length > 0
        ? params.nginx_sites.map((item) =>
            directory({
              path: `${params.nginx_root}/${item.name}`,
              owner: 'www-data',
              group: 'www-data',
              mode: '0755',
            }),
          )
        : []),
      // Log folder
      ...(params.nginx_sites.length > 0 ? [directory({ path: nginxLogDirValue, mode: '0750' })] : []),
      // Start pages
      ...(params.nginx_sites.length > 0
        ? params.nginx_sites.map((site) =>
            file({
              path: `${params.nginx_root}/${site.name}/index.html`,
              content: readFileSync(`${FOLDER}/files/index.html`, 'utf8'),
              mode: '0644',
            }),
          )
        : []),
      // Sites
      ...(params.nginx_sites.length > 0
        ? params.nginx_sites.map((item) =>
            template(
              {
                path: `${nginxConfDirValue}/sites-available/${item.name}`,
                template: `${FOLDER}/templates/site.conf.hbs`,
                vars: {
                  item,
                  server_name: item.server_name ?? '_',
                  nginx_root: params.nginx_root,
                  locations: item.locations.map((location, position, all) => ({
                    location,
                    cache: location.cache ?? false,
                    not_last: !(position === all.length - 1),
                  })),
                },
                mode: '0644',
              },
              { notify: reloadNginx },
            ),
          )
        : []),
      // Enabled sites
      ...(params.nginx_sites.length > 0
        ? params.nginx_sites.flatMap((item) =>
            (item.enabled ?? true)
              ? [
                  symlink(
                    {
                      path: `${nginxConfDirValue}/sites-enabled/${item.name}`,
                      target: `${nginxConfDirValue}/sites-available/${item.name}`,
                    },
                    { notify: reloadNginx },
                  ),
                ]
              : [],
          )
        : []),
      // nginx.conf
      template(
        {
          path: `${nginxConfDirValue}/nginx.conf`,
          template: `${FOLDER}/templates/nginx.conf.hbs`,
          vars: {
            nginx_worker_processes: params.nginx_worker_processes,
            nginx_worker_connections: params.nginx_worker_connections,
            not_nginx_server_tokens: !params.nginx_server_tokens,
            nginx_gzip: params.nginx_gzip !== undefined && params.nginx_gzip === true,
            nginx_log_dir: nginxLogDirValue,
            nginx_conf_dir: nginxConfDirValue,
          },
          owner: 'root',
          group: 'root',
          mode: '0644',
          validate: ['nginx', '-t', '-c', '%s'],
        },
        { notify: reloadNginx },
      ),
      // No default site
      ...(isTrue(params.nginx_remove_default_site)
        ? [file({ path: `${nginxConfDirValue}/sites-enabled/default`, state: 'absent' }, { notify: reloadNginx })]
        : []),
      // nginx runs
      service({ name: 'nginx', state: 'running', enabled: true }),
    ];
  },
});
