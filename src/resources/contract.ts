/**
 * The contract of a resource kind: the one thing to know for adding one (docs/add-a-resource.md walks through it).
 *
 * A resource is a desired state: "this file has this content". Its kind says how to look at the host (`probe`, `parse`),
 * what differs (`diff`) and how to mend it (`apply`). All of that is pure: it builds scripts and reads text, and the engine
 * does the I/O. The engine joins the probes of all resources of a host into one script, so that a plan costs one exchange.
 */
import type { Duplex } from 'node:stream';
import type * as z from 'zod';
import { ProvisionError } from '../errors.ts';
import { keysAt } from '../schema/keys.ts';
import { suggest } from '../schema/nearest.ts';
import type { Script } from '../shell/sh.ts';

/** One difference between what is and what shall be, for people to read. Secrets stand in it as `<secret>`. */
export interface Change {
  /** `conflict`: nothing that applying could mend; the plan of the host fails with it, before anything is touched. */
  readonly action: 'create' | 'update' | 'delete' | 'run' | 'conflict';
  /** What changes: `mode`, `shell`, `content`; the empty string where it is the resource as a whole. */
  readonly what: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Both whole texts, masked, where lines are to be compared. */
  readonly text?: { readonly before: string; readonly after: string } | undefined;
  /** For a conflict: what the user should do. */
  readonly hint?: string | undefined;
  /** True for what must not be made at once, but replica by replica: left to the rolling redeploy that ends the run. */
  readonly rollout?: boolean;
  /** True where nothing is made: it comes about by itself, and is waited for. */
  readonly waits?: boolean;
}

/** What a probe could not tell yet, and why: "the database does not run". Planned as *known after apply*. */
export interface Unknown {
  readonly unknown: string;
}

/** What must happen once, at the end of the role, when one of the resources that name it has changed. */
export interface Handler {
  /** Names it in plan and progress, and on the host while it is pending: `reload haproxy`. */
  readonly id: string;
  readonly script: Script;
  /** Handlers of the same role that run first, where they run as well. Else they run in the order in which resources name them. */
  readonly after?: readonly Handler[];
}

/** A host from which another one may fetch what it has made. */
export interface Source {
  /** Its name in the inventory. */
  readonly host: string;
  /** As that of `Target`. */
  stream(command: Script): Promise<Duplex>;
}

/** The host as `perform` sees it: for what streams or waits, and therefore is no script. */
export interface Target {
  /** Runs one script as root. @throws ProvisionError `command-timed-out`, `connection-lost` */
  run(script: Script, options?: { timeoutMs?: number }): Promise<ScriptResult>;
  /** Starts a program as root and gives its standard input and output as one stream; destroying the stream ends it. */
  stream(command: Script): Promise<Duplex>;
  /** Tells the user what is being waited for, or the last line of a build: one line, replaced by the next. */
  progress(text: string): void;
  /** Aborted when the user interrupts a second time: give up what can be given up. */
  readonly signal: AbortSignal;
}

export interface ScriptResult {
  /** Exit status: 124 or 137 where the time limit ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ResourceKind<Desired, Actual> {
  /** The kind's name, the first part of every id: `file`. */
  readonly kind: string;
  /** Shape of the desired state; defaults belong here. It refuses what could break out, such as control characters. */
  readonly schema: z.ZodType<Desired>;
  /** What tells this resource from others of its kind: a path, a name. The resource's id is `kind:name`. */
  name(desired: Desired): string;
  /**
   * A read-only script that looks at all of them at once: one process per kind, not one per resource.
   * It must exit 0 and tell "not there" on a bare host, where the tools it asks are missing; anything else is `probe-failed`.
   * It must not depend on the value of a secret: those are known only after this script has run.
   */
  probe(all: readonly Desired[]): Script;
  /**
   * Paths whose type, owner and mode `parse` wants to know. One stat(1) looks at those of all kinds; what it tells of them, and
   * perhaps of others, stands before what the probe printed: `parseMetadata` reads it.
   */
  metadataOf?(all: readonly Desired[]): readonly string[];
  /** Set where the probe mostly waits, as for a program in a container: it is started before those of other kinds. */
  readonly probeWaits?: boolean;
  /**
   * Set where the probe takes a process or two that only read files of the host: where all kinds of a host do, they run one after
   * another in one shell, which costs fewer processes than side by side. Such a probe has no $RUN and no inputs, does not
   * exit, and prints text alone, without NULs.
   */
  readonly probeIsQuick?: boolean;
  /** What the probe printed, as one actual state per desired one, in their order. */
  parse(output: string, all: readonly Desired[]): readonly (Actual | Unknown)[];
  /** For kinds that bring knowledge from the host, such as secrets kept there: called before anything is compared. */
  learn?(desired: Desired, actual: Actual): void;
  /** What differs. `[]` means converged; after `apply` it must be `[]`. */
  diff(desired: Desired, actual: Actual): readonly Change[];
  /**
   * What a plan of several hosts that have this resource in common tells of each, in place of `diff`: for what only all of them
   * decide. @param rollsOut whether the run ends with a rolling redeploy
   */
  diffShared?(
    places: readonly { readonly desired: Desired; readonly actual: Actual }[],
    rollsOut: boolean,
  ): readonly (readonly Change[])[];
  /** What people should know of it besides what differs. One sentence. */
  remark?(desired: Desired, actual: Actual): string | undefined;
  /** Mends it. Safe to run on a converged host. On failure it exits non-zero, with lines such as `reason: …` on standard error. */
  apply?(desired: Desired, changes: readonly Change[], actual: Actual): Script;
  /**
   * Set where `apply` may follow that of its neighbours in the plan in one exchange, all with what was seen before the first of them:
   * nothing that `changes` and `actual` tell of is changed by them. Where one fails, what is left is looked at anew, and the
   * first of it goes by itself.
   */
  readonly appliesTogether?: boolean;
  /**
   * Whether the `apply` of the first one may bring about what is due of a later one as well, though these resources stand between
   * them: it is given the changes of both then.
   */
  joins?(first: Desired, later: Desired, between: readonly Resource[]): boolean;
  /** Instead of `apply`, where it takes a stream or a wait: image builds, database start-up. @throws ProvisionError */
  perform?(desired: Desired, changes: readonly Change[], actual: Actual, target: Target): Promise<void>;
  /** Names what `perform` makes, where that is the same for all hosts: one of them makes it then, and the others `fetch` it. */
  shared?(desired: Desired): string | undefined;
  /** Brings over what another host has made. Where it throws, `perform` is called after all. */
  fetch?(desired: Desired, from: Source, target: Target): Promise<void>;
  /**
   * Changes one of its things on a converged host as a careless hand would, so that `diff` tells of it: `provision test` looks
   * whether it is seen, and mended. Undefined where that is not safe, or where there is nothing to change.
   */
  disturb?(desired: Desired): Script | undefined;
  /** Time limit of one apply or perform, milliseconds. Default 120,000. */
  readonly timeoutMs?: number | ((desired: Desired) => number);
}

/** A desired state, as roles return it. */
export interface Resource<Desired = unknown, Actual = unknown> {
  readonly kind: ResourceKind<Desired, Actual>;
  readonly desired: Desired;
  /** `file:/etc/motd`: unique on a host. */
  readonly id: string;
  readonly notify: readonly Handler[];
  /** As in `ResourceOptions`. */
  readonly afterPeers?: boolean;
}

export interface ResourceOptions {
  /** Handlers to run at the end of the role when this resource has changed. */
  readonly notify?: Handler | readonly Handler[];
  /**
   * Changed only when the hosts of the run that the role has named as its `peers` are done: what sends visitors to them must not
   * come before what they find there. Hosts that wait themselves are not waited for.
   */
  readonly afterPeers?: boolean;
}

/** Makes resources of one kind, and is that kind. */
export interface ResourceBuilder<Input, Desired, Actual> extends ResourceKind<Desired, Actual> {
  (desired: Input, options?: ResourceOptions): Resource;
}

/**
 * Defines a resource kind and returns its builder.
 *
 * @example
 * export const file = defineResource<FileInput, File, ActualFile>({ kind: 'file', schema, name, probe, parse, diff, apply });
 * file({ path: '/etc/motd', content: 'Welcome\n' });
 * @throws ProvisionError `resource-invalid` from the builder, where the desired state does not fit the schema
 */
export function defineResource<Input, Desired, Actual>(
  kind: ResourceKind<Desired, Actual>,
): ResourceBuilder<Input, Desired, Actual> {
  function build(raw: Input, { notify = [], afterPeers = false }: ResourceOptions = {}): Resource {
    const result = kind.schema.safeParse(raw);
    if (!result.success) throw invalid(kind, raw, result.error);
    const desired = result.data;
    const resource: Resource<Desired, Actual> = {
      kind,
      desired,
      id: `${kind.kind}:${kind.name(desired)}`,
      notify: Array.isArray(notify) ? notify : [notify],
      ...(afterPeers && { afterPeers }),
    };
    // The engine hands a kind only what that kind made, which a list of different kinds cannot express.
    return resource as Resource;
  }
  const { name, ...rest } = kind;
  return Object.defineProperty(Object.assign(build, rest), 'name', { value: name }) as typeof build & typeof kind;
}

const DEFAULT_TIMEOUT_MS = 120_000;

/** How long one apply or perform of the resource may take, milliseconds. */
export function timeoutOf({ kind: { timeoutMs = DEFAULT_TIMEOUT_MS }, desired }: Resource): number {
  return typeof timeoutMs === 'number' ? timeoutMs : timeoutMs(desired);
}

export function isUnknown(actual: unknown): actual is Unknown {
  return typeof actual === 'object' && actual !== null && 'unknown' in actual;
}

function invalid(
  { kind, schema }: Pick<ResourceKind<unknown, unknown>, 'kind' | 'schema'>,
  raw: unknown,
  error: z.ZodError,
): ProvisionError {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  const [unknown] = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const message = unknown === undefined ? (issue?.message ?? 'invalid') : `there is no key ${JSON.stringify(unknown)}`;
  const advice = unknown === undefined ? '' : `${suggest(unknown, keysAt(schema, issue?.path ?? []))} `;
  const name =
    typeof raw === 'object' && raw !== null ? Object.values(raw).find((v) => typeof v === 'string') : undefined;
  return new ProvisionError('resource-invalid', `${kind}${path ? `: ${path}` : ''}: ${message}`, {
    task: name === undefined ? kind : `${kind}:${name}`,
    hint: `${advice}See docs/resources.md for what ${kind} takes.`,
    cause: error,
  });
}
