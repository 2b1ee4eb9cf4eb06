/** The scripts of a scenario, run on its host as root. */
import { ProvisionError } from '../errors.ts';
import type { ScriptResult } from '../resources/contract.ts';
import { redact } from '../shell/redact.ts';
import { mask, reveal, type Secret, type Text } from '../shell/secret.ts';
import { input, type Script, sh } from '../shell/sh.ts';
import type { Connection } from '../transport/types.ts';
import { type Assertion, scriptTitle } from './spec.ts';

/** What is shown of an output. */
const SHOWN_LINES = 20;

/** A script of the user's, as a file of its own: it may hold secrets, and anything that ends a script. */
function scriptOf(text: Text): Script {
  return sh`sh ${input(text)}`;
}

/** @throws ProvisionError `test-failed` where it fails: what it was to bring about is not there */
export async function mustRun(connection: Connection, run: string | Secret, timeoutMs: number): Promise<void> {
  const { code, stdout, stderr } = await connection.run(scriptOf(run), { timeoutMs });
  if (code === 0) return;
  throw new ProvisionError('test-failed', `the script "${scriptTitle({ run })}" exited with ${code}`, {
    detail: shown(stdout + stderr),
    hint: 'Correct it in the scenario.',
  });
}

/** @throws ProvisionError `test-failed` where it does not hold */
export async function checkAssertion(connection: Connection, assertion: Assertion, timeoutMs: number): Promise<void> {
  const result = await connection.run(scriptOf(assertion.run), { timeoutMs });
  const why = whyNot(assertion, result);
  if (why === undefined) return;
  const { stdout, stderr } = result;
  const seen = [...section('it printed', stdout), ...section('and on standard error', stderr)];
  throw new ProvisionError('test-failed', why, {
    detail: redact([...section('expected', expected(assertion)), ...seen].join('\n')),
    hint: 'Correct the role or the assertion; with --keep the host stays, to look at it.',
  });
}

/** Why an assertion does not hold; undefined where it does. */
export function whyNot({ exits, prints, matches }: Assertion, { code, stdout }: ScriptResult): string | undefined {
  if (code !== exits) return `it exited with ${code}, not with ${exits}`;
  if (prints !== undefined && withoutEnd(stdout) !== withoutEnd(reveal(prints))) return 'it printed something else';
  if (matches !== undefined && !new RegExp(matches, 'm').test(stdout))
    return `what it printed does not match /${matches}/`;
  return undefined;
}

function expected({ prints, matches }: Assertion): string {
  return prints === undefined ? (matches ?? '') : mask(prints);
}

function section(title: string, text: string): string[] {
  const lines = shown(text);
  return lines === '' ? [] : [`${title}:`, ...lines.split('\n').map((line) => `  ${line}`)];
}

function shown(text: string): string {
  const lines = withoutEnd(text).split('\n');
  const more = lines.length - SHOWN_LINES;
  return redact([...lines.slice(0, SHOWN_LINES), ...(more > 0 ? [`(${more} more lines)`] : [])].join('\n'));
}

function withoutEnd(text: string): string {
  return text.replace(/\n+$/, '');
}
