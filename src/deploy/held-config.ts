/** The configuration that a load balancer got back with an earlier release, and holds until a redeploy brings that of the inventory. */
import type { Finding } from '../engine/plan.ts';
import { ProvisionError } from '../errors.ts';
import { type ActualFile, type File, file } from '../resources/file.ts';
import { sh } from '../shell/sh.ts';
import { type DeployHost, findingsOf } from './deploy-host.ts';
import type { Project } from './project.ts';
import type { Steps } from './steps.ts';

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

async function bringConfig(host: DeployHost, project: string): Promise<void> {
  const { connection, balancer } = host;
  const finding = configOf(host);
  if (finding === undefined || balancer === undefined) return;
  const { desired } = finding.resource;
  const changes = file.diff(desired, { ...finding.actual, held: undefined });
  const script = file.apply?.(desired, changes, finding.actual) ?? sh`:`;
  const { code, stderr } = await connection.run(sh`
    for mark in ${balancer.holdFolder}/*; do
      other=\${mark##*/}
      [ "$other" = ${project} ] || [ ! -f "$mark" ] && continue
      echo "somebody went back to a release of $other as well: redeploy that, or change nothing of its routes, first" >&2
      exit 1
    done
    (
    ${script}
    ) || exit
    ${balancer.reload.script}
  `);
  if (code === 0) return;
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
