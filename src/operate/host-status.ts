/** How one host is: what was seen of it in one look. */
import { findingsOf } from '../deploy/deploy-host.ts';
import type { PlacedResource } from '../engine/evaluate.ts';
import { evaluateBalancer } from '../engine/evaluate.ts';
import type { Facts } from '../engine/facts.ts';
import type { PreparedHost } from '../engine/host-run.ts';
import { describePlan } from '../engine/plan.ts';
import type { ProvisionError } from '../errors.ts';
import { describeContainer } from '../resources/compose/container.ts';
import type { ComposeService } from '../resources/compose/desired.ts';
import { composeService } from '../resources/compose/service.ts';
import { isServing } from '../resources/compose/serving.ts';
import { type ActualService, missingSlots, type Replica, wantedReplicas } from '../resources/compose/state.ts';
import { isUnknown } from '../resources/contract.ts';
import { describeAnswer } from '../resources/http-check.ts';
import { type Journal, type ReleaseRecord, release } from '../resources/releases/release.ts';
import { redact } from '../shell/redact.ts';
import type { Connection } from '../transport/types.ts';
import { type BalancerState, balancerProbe, readBalancer } from './balancer-state.ts';
import { type CertificateState, certificatePaths, certificatesProbe, readCertificates } from './certificates.ts';
import { type Look, lookAtHost } from './look.ts';
import { parseSystem, type SystemState, systemProbe } from './system-probe.ts';

export interface HostState {
  readonly facts: Facts;
  readonly system: SystemState;
  readonly services: readonly ServiceState[];
  readonly releases: readonly ReleaseState[];
  readonly certificates: readonly CertificateState[];
  /** Undefined where the host is no load balancer. */
  readonly balancer: BalancerState | undefined;
  readonly drift: Drift;
  /** What could not be looked at, or stands in the way of an apply. */
  readonly failures: readonly ProvisionError[];
}

/** How many resources differ from what the inventory describes. */
export interface Drift {
  /** That an apply would change at once. */
  readonly changed: number;
  /** That wait for a rolling redeploy. */
  readonly rollouts: number;
  /** That only an apply could tell of. */
  readonly unknown: number;
  /** Handlers that an earlier run has left undone. */
  readonly handlers: number;
}

export interface ServiceState {
  readonly project: string;
  readonly service: string;
  readonly image: string;
  /** Undefined where Docker does not tell. */
  readonly wanted: number | undefined;
  readonly serving: number;
  readonly replicas: readonly ReplicaState[];
}

export interface ReplicaState {
  /** `app-1`. */
  readonly name: string;
  /** `healthy`, `running`, `exited with 137`, `missing`, `answers 503`. */
  readonly state: string;
  readonly isServing: boolean;
  /** By load balancer: what it says of it. Filled in when all hosts were looked at. */
  readonly balancers: readonly { readonly host: string; readonly state: string; readonly isUp: boolean }[];
}

export interface ReleaseState {
  readonly project: string;
  readonly current: Pick<ReleaseRecord, 'number' | 'version' | 'commit' | 'by' | 'at'> | undefined;
  readonly held: { readonly by: string; readonly at: string } | undefined;
  /** A redeploy or rollback that is under way, or was broken off. */
  readonly unfinished: Journal | undefined;
}

/** Looks at a host, in one exchange as a rule. @throws ProvisionError what the connection throws */
export async function lookAtState(prepared: PreparedHost, connection: Connection): Promise<HostState> {
  const { task } = prepared;
  const balancerOf = (facts: Facts) => evaluateBalancer(task, facts);
  const look = await lookAtHost(prepared, connection, (placed, facts) => {
    const balancer = balancerOf(facts);
    const questions = [systemProbe(), certificatesProbe(certificatePaths(placed))];
    return balancer ? [...questions, balancerProbe(balancer)] : questions;
  });
  const [system = '', certificates = '', statistics = ''] = look.answers;
  const balancer = balancerOf(look.facts);
  return {
    facts: look.facts,
    system: parseSystem(system),
    services: servicesOf(look),
    releases: releasesOf(look),
    certificates: readCertificates(certificates, certificatePaths(look.placed)),
    balancer: balancer && readBalancer(statistics, balancer),
    drift: driftOf(task.name, look.placed, look),
    failures: look.problems,
  };
}

function driftOf(host: string, placed: readonly PlacedResource[], look: Look): Drift {
  const count = (wanted: string) => look.findings.filter(({ status }) => status === wanted).length;
  const { handlers } = describePlan(host, placed, look);
  return {
    changed: count('change'),
    rollouts: count('rollout'),
    unknown: count('unknown'),
    handlers: handlers.filter(({ pending }) => pending).length,
  };
}

function servicesOf(survey: Look): readonly ServiceState[] {
  return findingsOf({ survey }, composeService).map(({ resource: { desired }, actual }): ServiceState => {
    const { project, service, image } = desired;
    if (isUnknown(actual)) return { project, service, image, wanted: undefined, serving: 0, replicas: [] };
    const there = actual.replicas.map((replica) => replicaState(desired, replica));
    const running = new Set(actual.replicas.flatMap(({ container }) => container?.image ?? []));
    const missing = missingSlots(desired, actual).map(({ name }) => absent(name));
    return {
      project,
      service,
      // After a rollback that is not what the inventory says.
      image: [...running].join(', ') || image,
      wanted: wantedReplicas(desired, actual),
      serving: there.filter((replica) => replica.isServing).length,
      replicas: [...there, ...missing].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    };
  });
}

function absent(name: string): ReplicaState {
  return { name, state: 'missing', isServing: false, balancers: [] };
}

function replicaState(desired: ComposeService, replica: ActualService['replicas'][number]): ReplicaState {
  return {
    name: replica.name,
    state: stateOf(desired, replica),
    isServing: isServing(desired, replica),
    balancers: [],
  };
}

/** The word that says most: of the container where it does not run as it should, else of what the application answers. */
function stateOf(desired: ComposeService, replica: Replica): string {
  const { container, answer } = replica;
  if (container === undefined) return 'missing';
  const state = describeContainer(container);
  if (state !== 'running' && state !== 'healthy') return state;
  if (isServing(desired, replica)) return desired.health === undefined ? state : 'healthy';
  return answer === undefined ? 'does not answer' : `answers ${redact(describeAnswer(answer))}`;
}

function releasesOf(survey: Look): readonly ReleaseState[] {
  return findingsOf({ survey }, release).flatMap(({ resource, actual }): ReleaseState[] => {
    if (isUnknown(actual)) return [];
    const { releases, current, held, journal } = actual;
    const record = releases.find(({ number }) => number === current);
    return [
      {
        project: resource.desired.project,
        current: record && tellable(record),
        held,
        unfinished: journal,
      },
    ];
  });
}

/** Nobody is to guess at secrets by the digest of definitions that hold them. */
function tellable({ number, version, commit, by, at }: ReleaseRecord): ReleaseState['current'] {
  return { number, version, commit, by, at };
}
