import * as z from 'zod';
import { joinScripts, type Script, sh } from '../../shell/sh.ts';
import { defineResource, type Unknown } from '../contract.ts';
import { isEngineDown, NO_ENGINE } from '../docker/engine.ts';
import { containerName, password, sqlName } from '../fields.ts';
import type { DatabaseEngine, Role, Row } from './engine.ts';
import { mariadb, mysql } from './mariadb.ts';
import { postgres } from './postgres.ts';

const schema = z.strictObject({
  engine: z.enum(['postgres', 'mariadb', 'mysql']),
  /** The container in which the server runs. */
  container: containerName(),
  /** The volume that holds its data: where that exists without the container, the roles in it cannot be told. */
  volume: containerName().optional(),
  database: sqlName(),
  name: sqlName(),
  /**
   * `owner`: everything in its database, which is made where there is none. `read-write`: the rows of all tables.
   * `read-only`: reading them. Neither of the last two makes or changes tables; both hold for tables made later.
   */
  access: z.enum(['owner', 'read-write', 'read-only']),
  password: password(),
  /** The role that makes the tables; needed unless this one does. */
  owner: sqlName().optional(),
});

export type DatabaseRoleInput = z.input<typeof schema>;
type DatabaseRole = z.output<typeof schema>;

interface ActualRole {
  readonly rows: readonly Row[];
}

const ENGINES: Record<DatabaseRole['engine'], DatabaseEngine> = { postgres, mariadb, mysql };

/**
 * A login of a database that runs in a container, with its password and exactly its privileges.
 *
 * @example
 * databaseRole({ engine: 'postgres', container: 'shop-db-1', database: 'shop', name: 'shop', access: 'owner', password });
 */
export const databaseRole = defineResource<DatabaseRoleInput, DatabaseRole, ActualRole>({
  kind: 'database-role',
  probeWaits: true,
  schema: schema.refine(({ access, owner }) => access === 'owner' || owner !== undefined, {
    error: 'must name the role that makes the tables',
    path: ['owner'],
  }),
  name: ({ container, database, name }) => `${container}/${database}/${name}`,

  // One client in each container, whatever the number of roles: starting one takes far longer than what it is asked.
  probe(all): Script {
    const containers = [...byContainer(all)].map(([container, roles]) => {
      const [first] = roles;
      const engine = ENGINES[first?.engine ?? 'postgres'];
      const volume = first?.volume ?? container;
      return sh`
        printf '=%s\n' ${container}
        ${engine.probe(container, roles.map(withOwner))} 2>&1 || {
          echo failed
          docker volume inspect ${volume} >/dev/null 2>&1 && echo volume
        }
      `;
    });
    return sh`
      command -v docker >/dev/null || exit 0
      ${joinScripts(containers)}
      :
    `;
  },

  parse(output, all): (ActualRole | Unknown)[] {
    const answers = new Map<string, ActualRole | Unknown>();
    for (const section of output.split(/^=/m).slice(1)) {
      const [container = '', ...lines] = section.split('\n');
      answers.set(container, readAnswer(lines));
    }
    return all.map(({ container }) => answers.get(container) ?? { rows: [] });
  },

  diff: (desired, { rows }) => ENGINES[desired.engine].diff(withOwner(desired), rows),

  apply: (desired, _, { rows }) => ENGINES[desired.engine].apply(withOwner(desired), rows),
});

function byContainer(all: readonly DatabaseRole[]): ReadonlyMap<string, readonly DatabaseRole[]> {
  return Map.groupBy(all, ({ container }) => container);
}

function withOwner(role: DatabaseRole): Role {
  return { ...role, owner: role.owner ?? role.name };
}

function readAnswer(lines: readonly string[]): ActualRole | Unknown {
  if (!lines.includes('failed')) {
    return { rows: lines.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line) as Row) };
  }
  const text = lines.join('\n');
  if (/no such container/i.test(text)) {
    return lines.includes('volume') ? { unknown: 'the database does not run' } : { rows: [] };
  }
  if (/is not running|is restarting|is paused/.test(text)) return { unknown: 'the database does not run' };
  if (isEngineDown(text)) return { unknown: NO_ENGINE };
  if (/starting up|shutting down|recovery mode|connection to server|Can't connect/.test(text)) {
    return { unknown: 'the database does not accept connections yet' };
  }
  if (/executable file not found|has neither mariadb nor mysql/.test(text)) {
    return { unknown: 'the container runs another database engine' };
  }
  const [reason = 'its client failed'] = lines.filter((line) => line !== 'failed' && line.trim() !== '');
  return { unknown: `the database could not be asked: ${reason.slice(0, 300)}` };
}
