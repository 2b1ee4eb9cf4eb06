/** Events as JSON lines for programs: docs/json.md is the reference. */
import type { Event } from '../engine/events.ts';
import { EXIT, ProvisionError } from '../errors.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import type { TimedEvent } from './run-record.ts';

/** Grows when a field is removed or changes its meaning; new types and fields may come at any time. */
export const JSON_VERSION = 1;

export interface JsonOptions extends Pick<ReporterOptions, 'diff' | 'debug'> {
  /** Goes over each text that is no name: a last guard for secrets where lines are kept. */
  readonly mask?: (text: string) => string;
}

/** Values that are names of ours, of hosts or of roles: a secret that is spelt like one must not make lines unreadable. */
const NAMES: readonly string[] = ['type', 'mode', 'host', 'role', 'status', 'action', 'code'];

export function createJsonReporter({ stdout, ...options }: JsonOptions & Pick<ReporterOptions, 'stdout'>): Reporter {
  return {
    handle: (event) => void stdout.write(`${eventJson(event, options)}\n`),
    pause: (work) => work(),
    finish: () => Promise.resolve(),
  };
}

/** One event as one line. Whole texts stand in it only where diffs are asked for. */
export function eventJson(event: Event | TimedEvent, options: JsonOptions): string {
  const { mask } = options;
  return JSON.stringify({ version: JSON_VERSION, ...event }, (key, value: unknown) => {
    if (typeof value === 'string') return mask === undefined || isName(key) ? value : mask(value);
    if (value instanceof Error) return describeError(value, options.debug);
    if (key === 'text' && isTexts(value) && !options.diff) return undefined;
    if (key.endsWith('Ms') && typeof value === 'number') return Math.round(value);
    return value;
  });
}

/** A line of a command that tells what it found, such as `status`. */
export function recordJson(type: string, record: object, debug = false): string {
  return JSON.stringify({ version: JSON_VERSION, type, ...record }, (key, value: unknown) => {
    if (value instanceof Error) return describeError(value, debug);
    return key.endsWith('Ms') && typeof value === 'number' ? Math.round(value) : value;
  });
}

/** An error outside of any run, such as of the inventory, as one line: `{"version":1,"type":"error","error":{...}}`. */
export function errorJson(error: unknown, debug: boolean): string {
  return JSON.stringify({ version: JSON_VERSION, type: 'error', error: describeError(error, debug) });
}

function describeError(error: unknown, debug: boolean): object {
  const trace = debug ? traceOf(error) : {};
  if (!(error instanceof ProvisionError)) {
    return {
      code: 'internal',
      exitCode: EXIT.failed,
      message: error instanceof Error ? error.message : String(error),
      ...trace,
    };
  }
  const { code, exitCode, message, location, host, task, hint, detail } = error;
  return { code, exitCode, message, location, host, task, hint, detail, ...trace };
}

/** Name, message and stack of each: nothing else that a library may have hung on its errors. */
function traceOf(error: unknown, depth = 0): { stack?: string | undefined; cause?: object } {
  if (!(error instanceof Error)) return {};
  const { stack, cause } = error;
  if (cause === undefined || depth > 8) return { stack };
  if (!(cause instanceof Error)) return { stack, cause: { message: String(cause) } };
  return { stack, cause: { name: cause.name, message: cause.message, ...traceOf(cause, depth + 1) } };
}

/** Elements of lists, whose keys are numbers, are names of hosts. */
function isName(key: string): boolean {
  return NAMES.includes(key) || /^\d+$/.test(key);
}

/** The two texts of a change, not the line of a progress, which has the same key. */
function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
