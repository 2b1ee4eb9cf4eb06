/** The main job as one table: from bare to every requirement, for each way to log in. Each release has a file of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabHost, startHost } from '../lab/host.ts';
import type { Release } from '../lab/releases.ts';
import {
  CANARY,
  changedIds,
  changesOf,
  environment,
  hostsSecrets,
  inventoryVariant,
  planned,
  provision,
  summaryOf,
} from './provision.ts';
import { unmet } from './requirements.ts';

export interface MainJob {
  readonly distro: Release;
  /** The account to log in as: `deploy` has sudo without a password, `operator` with one. */
  readonly user: 'root' | 'deploy' | 'operator';
  readonly engine?: 'postgres' | 'mariadb';
}

/** What to change in the demo's inventory for it. */
function edits({ user, engine }: MainJob): Record<string, string> {
  const address = 'ansible_user: "{{ env.DEMO_USER }}"';
  return {
    ...(user === 'operator' ? { [address]: `${address}\n    ansible_become_password: "{{ env.SUDO_PASSWORD }}"` } : {}),
    ...(engine === 'mariadb'
      ? { 'postgresql+psycopg2': 'mysql+pymysql', ':5432': ':3306', 'engine: postgres': 'engine: mariadb' }
      : {}),
  };
}

export function mainJob(job: MainJob): void {
  const { distro, user, engine = 'postgres' } = job;
  describe(`the main job on ${distro} with ${engine}, logging in as ${user}`, () => {
    const inventory = inventoryVariant(edits(job));
    const APPLY = ['apply', '-i', inventory, '--yes', '--json'];
    const PLAN = ['plan', '-i', inventory, '--json'];
    let host: LabHost;
    let env: NodeJS.ProcessEnv;
    beforeAll(async () => {
      host = await startHost({ distro, name: `main-${user}` });
      env = { ...(await environment(host, user)), SUDO_PASSWORD: host.users.operator.password };
    });
    afterAll(() => host?.stop());

    it('plans on the bare host, and applies just that', async () => {
      const plan = await provision(PLAN, env);
      expect(plan.stderr).toBe('');
      expect(plan.code).toBe(0);
      const apply = await provision(APPLY, env);
      expect(summaryOf(apply).error).toBeUndefined();
      expect(apply.code).toBe(0);
      expect(changedIds(apply)).toEqual(planned(plan).map(({ id }) => id));
      const known = planned(plan).filter(({ status }) => status === 'change');
      expect(known.length).toBeGreaterThan(20);
      for (const { id, changes } of known)
        expect([id, changesOf(apply, id)]).toEqual([id, changes.map(({ text: _, ...said }) => said)]);
    });

    it('meets every requirement', async () => {
      expect(await unmet({ host, adminPassword: CANARY, engine })).toEqual([]);
    });

    it('changes nothing when it runs again, in one exchange', async () => {
      const again = await provision(APPLY, env);
      expect(planned(again)).toEqual([]);
      expect(summaryOf(again)).toMatchObject({ status: 'ok', changed: 0, failed: 0, exchanges: 1 });
    });

    it('changes nothing when its database was restarted', async () => {
      const restarted = await host.exec(`docker restart palindrome-db-1 &&
        until [ "$(docker inspect -f '{{.State.Health.Status}}' palindrome-db-1)" = healthy ]; do sleep 1; done`);
      expect(restarted.code).toBe(0);
      expect(planned(await provision(PLAN, env))).toEqual([]);
    });

    it('leaves no secret in world-readable files', async () => {
      const secrets = [CANARY, ...(await hostsSecrets(host))];
      expect(secrets.length).toBeGreaterThan(3);
      for (const secret of secrets) {
        const found = await host.exec(`
          cat >/run/needle <<'EOF'\n${secret}\nEOF
          find / -xdev -type f -perm /o+r -size -1M -not -path /run/needle -exec grep -lF -f /run/needle {} +`);
        expect(found.stdout).toBe('');
      }
    });
  });
}
