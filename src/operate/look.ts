/** One look at a host: at all that its roles describe, as a plan does, and at more, in the same exchange. */
import { isDeepStrictEqual } from 'node:util';
import type { PlacedResource } from '../engine/evaluate.ts';
import { evaluateRoles } from '../engine/evaluate.ts';
import { ASSUMED_FACTS, FACTS_PROBE, type Facts, parseFacts } from '../engine/facts.ts';
import { PENDING_PROBE, parsePending } from '../engine/handlers.ts';
import { type PreparedHost, sameDesires } from '../engine/host-run.ts';
import { compare, type Finding, type OfOneKind, probesOf, readProbes, type Survey } from '../engine/plan.ts';
import { joinSections, type SectionResult } from '../engine/sections.ts';
import { ProvisionError } from '../errors.ts';
import type { Resource } from '../resources/contract.ts';
import { redactError } from '../shell/redact.ts';
import type { Script } from '../shell/sh.ts';
import type { Connection } from '../transport/types.ts';

const LIMIT_MS = 120_000;

/** What was seen. Unlike with a plan, what cannot be told does not hide the rest. */
export interface Look extends Survey {
  readonly placed: readonly PlacedResource[];
  /** Probes that did not end well, and what stands in the way of an apply: their resources have no finding. */
  readonly problems: readonly ProvisionError[];
  /** What the further questions printed, in their order. */
  readonly answers: readonly string[];
}

/** The further questions to a host of which this is known. */
export type Questions = (placed: readonly PlacedResource[], facts: Facts) => readonly Script[];

/** Which of the host's resources are looked at. */
export type Selection = (one: PlacedResource) => boolean;

/**
 * Looks at a host: one exchange as a rule; a second one where its facts call for other desired states than assumed.
 * @throws ProvisionError what the connection throws, and what a role finds wrong
 */
export async function lookAtHost(
  { task, remembered = ASSUMED_FACTS, placed }: PreparedHost,
  connection: Connection,
  questions: Questions,
  selection: Selection = () => true,
): Promise<Look> {
  const look = (all: readonly PlacedResource[], facts: Facts) =>
    ask(connection, all.filter(selection), questions(all, facts));
  const seen = await look(placed, remembered);
  if (isDeepStrictEqual(remembered, seen.facts)) return seen;
  const again = evaluateRoles(task, seen.facts);
  if (sameDesires(placed, again)) return seen;
  return look(again, seen.facts);
}

async function ask(
  connection: Connection,
  placed: readonly PlacedResource[],
  questions: readonly Script[],
): Promise<Look> {
  const probes = probesOf(placed.map(({ resource }) => resource));
  const sections = joinSections([FACTS_PROBE, PENDING_PROBE, ...questions, ...probes.scripts]);
  const { stdout, stderr } = await connection.run(sections.script, { timeoutMs: LIMIT_MS });
  const [facts, pending, ...results] = sections.split(stdout);
  const answers = results.slice(0, questions.length).map((result) => result?.stdout ?? '');
  const problems: ProvisionError[] = [];
  const keep = <T>(work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      // It may hold what a probe printed.
      problems.push(redactError(error.at({ host: connection.host })));
      return otherwise;
    }
  };
  const actuals = readAll(probes.kinds, probes.resultsOf(results.slice(questions.length)), stderr, keep);
  const findings = placed
    .filter(({ resource }) => actuals.has(resource))
    .flatMap((one) => keep<readonly Finding[]>(() => compare([one], actuals), []));
  return {
    facts: parseFacts(facts?.stdout ?? ''),
    pending: parsePending(pending?.stdout ?? ''),
    placed,
    findings,
    problems,
    answers,
  };
}

/** All probes that ended well; secrets are learned from all of them before anything is compared. */
function readAll(
  kinds: readonly OfOneKind[],
  results: readonly (SectionResult | undefined)[],
  stderr: string,
  keep: <T>(work: () => T, otherwise: T) => T,
): ReadonlyMap<Resource, unknown> {
  const none: ReadonlyMap<Resource, unknown> = new Map();
  return new Map(kinds.flatMap((one, i) => [...keep(() => readProbes([one], [results[i]], stderr), none)]));
}
