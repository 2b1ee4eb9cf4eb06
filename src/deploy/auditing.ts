/** A line in the log of every host that took part, its load balancers as well: each with what it ran itself. */
import { auditScript, type Deed } from '../engine/audit.ts';
import type { Journal } from '../resources/releases/release.ts';
import type { DeployRequest, Project } from './project.ts';
import { startOf } from './releases.ts';

/** Writes the line. What else ends a deploy must not be hidden by this. */
export type Audit = (outcome: Deed['outcome']) => Promise<unknown>;

/** Of one that ends before the first replica: each host keeps what it runs. */
export function auditUntouched(project: Project, from: number, { action, by, begunMs }: DeployRequest): Audit {
  return (outcome) =>
    writeDown(project, from, (own) => ({
      by,
      what: `${action} ${project.name}`,
      detail: `release ${own} stays`,
      outcome,
      durationMs: performance.now() - begunMs,
    }));
}

export function auditor({ action, from, to, by }: Journal, project: Project, begunMs: number): Audit {
  const { name, places } = project;
  const left = places.find(({ actual }) => actual.journal)?.actual.journal?.to;
  const before = left === undefined || left === to ? '' : `, with release ${left} unfinished`;
  return (outcome) =>
    writeDown(project, from, (own) => ({
      by,
      what: `${action} ${name}`,
      detail: `release ${own} -> ${to}${before}`,
      outcome,
      durationMs: performance.now() - begunMs,
    }));
}

function writeDown({ places, balancers }: Project, from: number, deedFrom: (own: number) => Deed): Promise<unknown> {
  const hosts = new Map(balancers.map((balancer) => [balancer, from]));
  for (const place of places) hosts.set(place.host, startOf(place, from));
  return Promise.allSettled([...hosts].map(([{ connection }, own]) => connection.run(auditScript(deedFrom(own)))));
}
