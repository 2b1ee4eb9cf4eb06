/** One thing changed by hand: the plan shows just that, and the apply mends just that. */
import { createPatch } from 'diff';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import { changedIds, environment, planned, provision, summaryOf } from './provision.ts';

const INVENTORY = ['-i', 'inventory/demo.yml', '--json'];
const APPLY = ['apply', ...INVENTORY, '--yes'];

interface Drift {
  readonly by: string;
  /** What is done on the host. */
  readonly script: string;
  /** Ids, each with the changes told. */
  readonly seen: Record<string, readonly string[]>;
  /** What the plan tells of it besides, in its words. */
  readonly told?: readonly string[];
  /** How what the apply does begins, where that is not what was seen: replicas that serve are replaced in a rolling way. */
  readonly mended?: readonly string[];
  /** What the site answers meanwhile, where that is not what it answers before and after. */
  readonly answer?: number;
}

const CONFIG = '/etc/haproxy/haproxy.cfg';
const PEM = '/etc/haproxy/certs/app.example.com.pem';
/** Lets haproxy answer nothing but 503, and puts the file back that says otherwise. @param load what makes it read that file */
const unread = (load: string) => `cp -p ${CONFIG} /root/haproxy.cfg &&
  sed -i '/^frontend web/a http-request deny deny_status 503' ${CONFIG} && ${load} && mv /root/haproxy.cfg ${CONFIG}`;

const DRIFTS: readonly Drift[] = [
  {
    by: 'a mode',
    script: 'chmod 666 /etc/haproxy/haproxy.cfg',
    seen: { 'file:/etc/haproxy/haproxy.cfg': ['mode'] },
  },
  {
    by: 'a line in a file',
    script: "sed -i '1i # by hand' /etc/haproxy/haproxy.cfg",
    seen: { 'file:/etc/haproxy/haproxy.cfg': ['content'] },
  },
  {
    by: 'a reloaded configuration, put back',
    script: unread('systemctl reload haproxy'),
    seen: { [`file:${CONFIG}`]: ['in use'] },
    answer: 503,
  },
  {
    by: 'a started configuration, put back',
    script: unread('systemctl restart haproxy'),
    seen: { [`file:${CONFIG}`]: ['in use'] },
    answer: 503,
  },
  {
    by: 'a reloaded configuration',
    script: `sed -i '/^frontend web/a http-request deny deny_status 503' ${CONFIG} && systemctl reload haproxy`,
    seen: { [`file:${CONFIG}`]: ['content'] },
    answer: 503,
  },
  {
    by: 'a reloaded certificate, put back',
    script: `cd /root && cp -p ${PEM} before.pem && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other.test \
      -keyout other.key -out other.crt && cat other.crt other.key >${PEM} && systemctl reload haproxy && mv before.pem ${PEM}`,
    seen: { 'certificate:app.example.com': ['in use'] },
  },
  {
    by: 'servers in maintenance',
    script: `for server in app-1 app-2 app-3; do
      echo "set server app/$server state maint" | socat - UNIX-CONNECT:/run/haproxy/admin.sock || exit
    done`,
    seen: { 'servers:haproxy': ['app/app-1', 'app/app-2', 'app/app-3'] },
    answer: 503,
  },
  {
    by: 'the weight of a server',
    script: "echo 'set weight app/app-1 0' | socat - UNIX-CONNECT:/run/haproxy/admin.sock",
    seen: { 'servers:haproxy': ['weight of app/app-1'] },
  },
  {
    by: 'servers that were moved, and no longer checked',
    script: `for command in 'set server app/app-1 addr 127.0.0.9 port 18009' 'disable health app/app-2'; do
      echo "$command" | socat - UNIX-CONNECT:/run/haproxy/admin.sock || exit
    done`,
    seen: { 'servers:haproxy': ['address of app/app-1', 'health checks of app/app-2'] },
  },
  {
    by: 'a disabled frontend',
    script: "echo 'disable frontend web' | socat - UNIX-CONNECT:/run/haproxy/admin.sock",
    seen: { 'servers:haproxy': ['frontend web'] },
  },
  {
    by: 'a frontend that was shut down',
    script: "echo 'shutdown frontend web' | socat - UNIX-CONNECT:/run/haproxy/admin.sock",
    seen: { 'servers:haproxy': ['frontend web'] },
  },
  { by: 'a stopped service', script: 'systemctl stop haproxy', seen: { 'service:haproxy': ['state'] } },
  { by: 'a disabled service', script: 'systemctl disable haproxy', seen: { 'service:haproxy': ['enabled'] } },
  {
    by: 'a removed key',
    script: ': >/home/prusa_admin/.ssh/authorized_keys',
    seen: { 'authorized-keys:prusa_admin': ['key'] },
  },
  {
    by: 'a key in the second file that sshd reads',
    script: 'cp -p /home/prusa_non_admin/.ssh/authorized_keys /home/prusa_admin/.ssh/authorized_keys2',
    seen: { 'authorized-keys:prusa_admin': ['authorized_keys2'] },
  },
  {
    by: 'a home of an account that is gone',
    script: 'chown -R 4567:4567 /home/prusa_non_admin',
    seen: {
      'user:prusa_non_admin': ['home owner'],
      'authorized-keys:prusa_non_admin': ['.ssh', 'authorized_keys'],
    },
  },
  {
    by: 'a home in which sshd refuses keys',
    script: 'chmod 777 /home/prusa_non_admin',
    seen: { 'authorized-keys:prusa_non_admin': ['home'] },
  },
  { by: 'a removed package', script: 'dpkg --remove --force-depends jq', seen: { package: ['jq'] } },
  { by: 'a shell', script: 'usermod -s /bin/sh prusa_non_admin', seen: { 'user:prusa_non_admin': ['shell'] } },
  { by: 'a sudoers entry', script: 'rm /etc/sudoers.d/prusa_admin', seen: { 'sudoers:prusa_admin': [''] } },
  {
    by: 'a stopped container',
    script: 'docker stop palindrome-app-1',
    seen: { 'compose-service:palindrome/app': ['app-1'] },
  },
  {
    by: "a container's image",
    script: `docker rm -f palindrome-redis-1 && docker run -d --name palindrome-redis-1 --network palindrome_default \\
      --label com.docker.compose.project=palindrome --label com.docker.compose.service=redis-1 debian:trixie-slim sleep 600`,
    seen: { 'compose-service:palindrome/redis': ['redis-1 container'] },
    told: ['one that was made by other means, of debian:trixie-slim -> one from the compose file, of redis:8'],
  },
  {
    by: 'a replica that somebody else has made',
    script: `image=$(docker inspect -f '{{.Config.Image}}' palindrome-app-2) && docker rm -f palindrome-app-2 &&
      docker run -d --name palindrome-app-2 --network palindrome_default --label com.docker.compose.project=palindrome \\
      --label com.docker.compose.service=app-2 "$image"`,
    seen: { 'compose-service:palindrome/app': ['app-2 container'] },
  },
  {
    by: 'a container that passes for a replica',
    script: `docker run -d --name palindrome-app-9 --network palindrome_default --network-alias app \\
      --label com.docker.compose.project=palindrome --label com.docker.compose.service=app-9 debian:trixie-slim sleep 600`,
    seen: { 'compose-project:palindrome': ['container palindrome-app-9'] },
  },
  {
    by: 'a line in the compose file',
    script: "sed -i '1i # by hand' /opt/palindrome/compose.yml",
    seen: { 'compose-project:palindrome': ['compose.yml'] },
  },
  {
    by: 'an image in the compose file, brought up',
    script: `cd /opt/palindrome && sed -i s/redis:8/postgres:17/ compose.yml &&
      POSTGRES_PASSWORD=x docker compose up -d --no-deps redis-1`,
    seen: {
      'compose-project:palindrome': ['compose.yml'],
      'compose-service:palindrome/redis': ['redis-1 container'],
    },
    told: [
      '-    image: "postgres:17"',
      '+    image: "redis:8"',
      'one that was made by other means, from another definition, of postgres:17 -> one from the compose file, of redis:8',
    ],
  },
  {
    by: 'a container without its network',
    script: 'docker network disconnect palindrome_default palindrome-redis-1',
    seen: { 'compose-service:palindrome/redis': ['redis-1 network'] },
  },
  {
    by: 'a container that was attached to its network anew',
    script: `docker network disconnect palindrome_default palindrome-redis-1 &&
      docker network connect palindrome_default palindrome-redis-1`,
    seen: { 'compose-service:palindrome/redis': ['redis-1 name in palindrome_default'] },
  },
  {
    by: 'a folder of secrets that is open to all',
    script: 'chmod 777 /var/lib/provision/secrets',
    seen: { 'directory:/var/lib/provision/secrets': ['mode'] },
  },
  {
    by: 'an image that was committed over the name of one that was built',
    script: `image=$(docker inspect -f '{{.Config.Image}}' palindrome-app-2) && docker exec palindrome-app-2 touch /tmp/by-hand &&
      docker commit palindrome-app-2 "$image" && cd /opt/palindrome && docker compose up -d --force-recreate app-2`,
    seen: { 'docker-image:palindrome/app': ['content'], 'compose-service:palindrome/app': ['app-2 image'] },
    mended: [
      'docker-image:palindrome/app',
      'app-3: start release 1',
      'app-3: become healthy',
      'app-3: take requests',
      'app-2: drain',
      'app-2: end what is in flight',
      'app-2: stop',
      'release 1: make it the current one',
    ],
  },
  {
    by: 'the name of a pulled image, given to another',
    script: 'docker tag postgres:17 redis:8',
    seen: { 'docker-image:redis:8': ['content'] },
  },
  {
    by: 'an image that was committed over the name of one that was pulled',
    script: `docker commit palindrome-redis-1 redis:8 &&
      cd /opt/palindrome && docker compose up -d --force-recreate redis-1`,
    seen: { 'docker-image:redis:8': ['content'], 'compose-service:palindrome/redis': ['redis-1 image'] },
  },
  {
    by: 'a limit of processors',
    script: 'docker update --cpus 0.5 palindrome-redis-1',
    seen: { 'compose-service:palindrome/redis': ['redis-1 CPU limit'] },
  },
  {
    by: 'a limit of connections to the database',
    script: 'docker exec palindrome-db-1 psql -U postgres -c "ALTER DATABASE app CONNECTION LIMIT 0"',
    seen: {
      'database-role:palindrome-db-1/app/app': ['CONNECTION LIMIT of the database'],
      'database-role:palindrome-db-1/app/developer': ['CONNECTION LIMIT of the database'],
    },
  },
  {
    by: 'a database server that is told to be read-only',
    script: `docker exec palindrome-db-1 psql -U postgres -c "ALTER SYSTEM SET default_transaction_read_only = on" \\
      -c "SELECT pg_reload_conf()"`,
    seen: { 'database-role:palindrome-db-1/app/app': ['default_transaction_read_only of the server'] },
  },
  {
    by: 'a privilege in the database',
    script: 'docker exec palindrome-db-1 psql -U postgres -d app -c "GRANT INSERT ON palindrom TO developer"',
    seen: { 'database-role': ['tables'] },
  },
];

/** What differs, as people read it: lines of texts with their mark, and values. */
function wordsOf(found: ReturnType<typeof planned>): string {
  const changes = found.flatMap((one) => one.changes);
  return changes
    .map(({ from, to, text }) => (text ? createPatch('', text.before, text.after) : `${from} -> ${to}`))
    .join('\n');
}

describe('drift', () => {
  let host: LabHost;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    host = await startHost({ name: 'drift' });
    env = await environment(host);
    expect((await provision(APPLY, env)).code).toBe(0);
  });
  afterAll(() => host?.stop());

  async function siteAnswer(): Promise<number> {
    const { stdout } = await host.exec(`curl -ksm 10 -w '%{http_code}' -o /dev/null https://${host.address}/status`);
    return Number(stdout);
  }

  it.each(DRIFTS)('by $by is seen alone, and mended alone', async ({ script, seen, told = [], mended, answer }) => {
    expect((await host.exec(script)).code).toBe(0);
    if (answer !== undefined) expect(await siteAnswer()).toBe(answer);
    const plan = await provision(['plan', ...INVENTORY, '--detailed-exitcode'], env);
    expect(plan.code).toBe(3);
    const found = planned(plan);
    expect(found).toHaveLength(Object.keys(seen).length);
    for (const [id, whats] of Object.entries(seen)) {
      const resource = found.find((one) => one.id.startsWith(id));
      expect(resource?.changes.map(({ what }) => what)).toEqual(whats.map((what) => expect.stringContaining(what)));
    }
    for (const words of told) expect(wordsOf(found)).toContain(words);
    const apply = await provision(APPLY, env);
    expect(apply.code).toBe(0);
    if (answer !== undefined) expect(await siteAnswer()).toBe(200);
    const steps = mended?.map((start) => expect.stringMatching(`^${start}`));
    expect(changedIds(apply)).toEqual(steps ?? found.map(({ id }) => id));
    expect(summaryOf(await provision(APPLY, env))).toMatchObject({ status: 'ok', changed: 0, exchanges: 1 });
  });

  it('is not told of a configuration that haproxy refused, nor of a host that has noted nothing', async () => {
    const refused = await host.exec(`cp -p ${CONFIG} /root/haproxy.cfg && echo frobnicate >>${CONFIG}
      systemctl reload haproxy && exit 1; mv /root/haproxy.cfg ${CONFIG}`);
    expect(refused.code).toBe(0);
    expect(planned(await provision(['plan', ...INVENTORY], env))).toEqual([]);
    expect((await host.exec('rm /run/haproxy-loaded')).code).toBe(0);
    expect(planned(await provision(['plan', ...INVENTORY], env))).toEqual([]);
    expect((await host.exec('systemctl stop haproxy && ! [ -e /run/haproxy-loaded ]')).code).toBe(0);
    expect((await host.exec('systemctl start haproxy && cut -c67- /run/haproxy-loaded')).stdout).toBe(
      `${CONFIG}\n${PEM}\n`,
    );
  });

  it('that takes the free place is told with who has it, and nothing is touched', async () => {
    // A rolling redeploy leaves another one free.
    const missing = 'for i in 1 2 3; do docker inspect palindrome-app-$i >/dev/null 2>&1 || echo $i; done';
    const port = 18_000 + Number((await host.exec(missing)).stdout);
    const run = `docker run -d --label com.docker.compose.project=old --name old-web-1 -p 127.0.0.1:${port}:80`;
    expect((await host.exec(`${run} debian:trixie-slim sleep 600`)).code).toBe(0);
    const { error } = summaryOf(await provision(APPLY, env));
    expect(error).toMatchObject({ code: 'conflict', task: 'compose-project:palindrome' });
    expect(error?.message).toBe(
      `port ${port}, for the replicas of app, is taken by the container old-web-1 of the stack old`,
    );
    // As the hint has it.
    const [, remove = ''] = /: (docker rm .*)$/.exec(error?.hint ?? '') ?? [];
    expect((await host.exec(remove)).stdout).not.toBe('');
    expect(summaryOf(await provision(APPLY, env))).toMatchObject({ status: 'ok', changed: 0, exchanges: 1 });
  });

  it('of a Docker Engine that is stopped is seen without starting it', async () => {
    await host.exec('systemctl stop docker');
    const plan = planned(await provision(['plan', ...INVENTORY], env));
    expect((await host.exec('systemctl is-active docker')).stdout).toBe('inactive\n');
    expect(plan.filter(({ status }) => status === 'change').map(({ id }) => id)).toEqual(['service:docker']);
    expect(plan.filter(({ status }) => status === 'unknown').map(({ id }) => id)).toContain(
      'command:palindrome-migrate-app',
    );
    const apply = await provision(APPLY, env);
    expect(apply.code).toBe(0);
    expect(changedIds(apply)).not.toContain('command:palindrome-migrate-app');
    expect(summaryOf(await provision(APPLY, env))).toMatchObject({ status: 'ok', changed: 0, exchanges: 1 });
  });
});
