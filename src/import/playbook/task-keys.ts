/** What may stand in a task besides its module, and how the module's arguments are written. */
import { splitWords } from '../words.ts';
import { isRecord } from './yaml-source.ts';

/** See ansible-doc -t keyword -l. */
const KEYWORDS = new Set(
  `action any_errors_fatal args async become become_exe become_flags become_method become_user changed_when check_mode
  collections connection debugger delay delegate_facts delegate_to diff environment failed_when ignore_errors
  ignore_unreachable listen loop loop_control module_defaults name no_log notify poll port register remote_user retries
  run_once tags throttle timeout until vars when block rescue always`.split(/\s+/),
);

/** Modules whose arguments may be a command line. */
const FREE_FORM = ['command', 'shell', 'raw', 'script', 'meta', 'include_tasks', 'import_tasks', 'include_vars'];

export function isKeyword(key: string): boolean {
  return KEYWORDS.has(key) || key.startsWith('with_');
}

/** A module's name without its collection: `authorized_key` for `ansible.posix.authorized_key`. */
export function moduleName(key: string): string {
  return key.replace(/^.*\./, '');
}

/** A module's arguments, whether written as a mapping or as `name=value`. What is no such pair is `_raw`. */
export function readArguments(module: string, written: unknown, args: unknown): Readonly<Record<string, unknown>> {
  const more = isRecord(args) ? args : {};
  if (isRecord(written)) return { ...written, ...more };
  const text = written === null || written === undefined ? '' : String(written);
  if (FREE_FORM.includes(module)) return { ...freeForm(text, /tasks$/.test(module) ? 'file' : OF_COMMANDS), ...more };
  const pairs = splitWords(text).map((word) => /^(\w+)=(.*)$/s.exec(word));
  if (pairs.includes(null)) return { _raw: text, ...more };
  return { ...Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])), ...more };
}

const OF_COMMANDS = 'creates|removes|chdir|executable';

/** `creates=` and the like may stand in a command line, at its beginning or end. */
function freeForm(text: string, keys: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const pair = new RegExp(`(?:^|\\s)(${keys})=("[^"]*"|'[^']*'|(?:\\{\\{.*?\\}\\}|\\S)+)`, 'g');
  const rest = text.replace(pair, (_, key: string, value: string) => {
    found[key] = value.replace(/^(["'])(.*)\1$/s, '$2');
    return '';
  });
  return { _raw: rest.trim(), ...found };
}
