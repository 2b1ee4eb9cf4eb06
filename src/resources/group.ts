import * as z from 'zod';
import { type Script, sh } from '../shell/sh.ts';
import { type Change, defineResource } from './contract.ts';
import { accountName } from './fields.ts';

const schema = z.strictObject({
  name: accountName(),
  /** Left as it is, or to groupadd(8), where it is not given. */
  gid: z.int().min(0).max(4_294_967_294).optional(),
  /** A new group gets its gid from the system's range. */
  system: z.boolean().default(false),
  state: z.enum(['present', 'absent']).default('present'),
});

export type GroupInput = z.input<typeof schema>;
type Group = z.output<typeof schema>;

interface ActualGroup {
  /** Undefined where there is no such group. */
  readonly gid: number | undefined;
}

/**
 * A group of the host.
 *
 * @example group({ name: 'docker', system: true })
 */
export const group = defineResource<GroupInput, Group, ActualGroup>({
  kind: 'group',
  schema,
  name: ({ name }) => name,

  // getent(1) exits 2 where a name is missing: that is an answer.
  probe: (all) => sh`getent group ${all.map(({ name }) => name)} || [ $? = 2 ]`,
  probeIsQuick: true,

  parse(output, all) {
    const gids = new Map<string, number>();
    for (const entry of output.split('\n')) {
      const [name = '', , gid = ''] = entry.split(':');
      if (gid !== '') gids.set(name, Number(gid));
    }
    return all.map(({ name }) => ({ gid: gids.get(name) }));
  },

  appliesTogether: true,

  diff(desired, actual): Change[] {
    if (desired.state === 'absent') {
      return actual.gid === undefined ? [] : [{ action: 'delete', what: '' }];
    }
    if (actual.gid === undefined) {
      return [{ action: 'create', what: '', to: desired.gid === undefined ? undefined : `gid ${desired.gid}` }];
    }
    if (desired.gid === undefined || desired.gid === actual.gid) return [];
    return [{ action: 'update', what: 'gid', from: String(actual.gid), to: String(desired.gid) }];
  },

  apply(desired, [change]): Script {
    const gid = desired.gid === undefined ? sh`` : sh`-g ${desired.gid} `;
    if (change?.action === 'delete') return sh`groupdel ${desired.name}`;
    if (change?.action === 'update') return sh`groupmod ${gid}${desired.name}`;
    return sh`groupadd ${desired.system ? sh`-r ` : sh``}${gid}${desired.name}`;
  },

  // A group that is removed and made again may get another number, and what it owned would be nobody's.
  disturb({ name, gid, state }) {
    if (state === 'absent' || gid === undefined) return undefined;
    return sh`
      gid=${gid === 60_000 ? 60_001 : 60_000}
      while getent group "$gid" >/dev/null; do gid=$((gid + 1)); done
      groupmod -g "$gid" ${name}
    `;
  },
});
