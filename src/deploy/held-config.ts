/** The configuration that a load balancer got back with an earlier release, and holds until a redeploy brings that of the inventory. */
import type { Finding } from '../engine/plan.ts';
import { ProvisionError } from '../errors.ts';
import type { Change } from '../resources/contract.ts';
import { type ActualFile, type File, file } from '../resources/file.ts';
import { sh } from '../shell/sh.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import type { Project } from './project.ts';
import type { Steps } from './steps.ts';

/** Exit code of the script where another project holds the configuration as well. */
const ALSO_HELD = 75;

/** Whether a load balancer has another configuration than the inventory describes. */
export function hasStaleConfig(host: DeployHost): boolean {
  const finding = configOf(host);
  return finding !== undefined && (finding.changes.length > 0 || isHeld(host));
}

/** Those that have another one because somebody went back to a release of this project. */
export function heldBack({ places, balancers }: Project): readonly DeployHost[] {
  return places.some(({ actual }) => actual.held) ? balancers.filter(isHeld) : [];
}

function isHeld(host: DeployHost): boolean {
  const finding = configOf(host);
  return finding !== undefined && file.remark?.(finding.resource.desired, finding.actual) !== undefined;
}

/** Brings those that are held back what the inventory describes: they are let go when the release runs. @throws ProvisionError `balancer-failed` */
export async function bringHeldConfigs(project: Project, steps: Steps): Promise<void> {
  for (const host of heldBack(project)) {
    await steps.run(host, 'haproxy: the configuration of the inventory', () => bringConfig(host, project.name));
  }
}

/** @returns what is to be told where another project holds it as well: the redeploy of the last one brings it */
async function bringConfig(host: DeployHost, project: string): Promise<Change | undefined> {
  const { connection, balancer } = host;
  const finding = configOf(host);
  if (finding === undefined || balancer === undefined) return undefined;
  const { desired } = finding.resource;
  const actual = { ...finding.actual, held: undefined };
  const script = file.apply?.(desired, file.diff(desired, actual), actual) ?? sh`:`;
  const { code, stdout, stderr } = await connection.run(sh`
    for mark in ${balancer.holdFolder}/*; do
      other=\${mark##*/}
      [ "$other" = ${project} ] || [ ! -f "$mark" ] && continue
      printf '%s' "$other"
      exit ${ALSO_HELD}
    done
    (
    ${script}
    ) || exit
    ${balancer.reload.script}
  `);
  if (code === ALSO_HELD)
    return { action: 'run', what: 'left as it is', to: `a release of ${stdout.trim()} holds it as well` };
  if (code === 0) return undefined;
  throw new ProvisionError('balancer-failed', 'haproxy does not take the configuration of the inventory', {
    host: host.name,
    detail: stderr.trim().split('\n').slice(-15).join('\n'),
    hint: 'Mend that, and redeploy again.',
  });
}

type ConfigFinding = Finding & { readonly resource: { readonly desired: File }; readonly actual: ActualFile };

function configOf(host: DeployHost): ConfigFinding | undefined {
  return findingsOf(host, file).find(({ resource }) => resource.desired.path === host.balancer?.configFile);
}
