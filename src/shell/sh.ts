import { Secret, type Text } from './secret.ts';

/** What a script reads as a file: it travels beside the script, never inside it, and is gone when the script ends. */
export interface Input {
  readonly content: Text | Uint8Array;
}

/**
 * A POSIX shell script and the inputs it refers to. Build it with `sh`; turn it into text with `renderScript`.
 * It is data: nothing here runs anything.
 */
export interface Script {
  readonly parts: readonly (string | Input)[];
}

/** What may stand in `${}` of the `sh` template. */
export type Interpolation = string | number | readonly (string | number)[] | Script | Input;

/**
 * Content for the script to read as a file: sh`cat <${input(secret)} >${path}`. The only way for a secret into a script.
 * On the host it is a file of mode 0600 in the private folder of the run, which is kept in memory and removed at its end.
 */
export function input(content: Text | Uint8Array): Input {
  return { content };
}

/**
 * Builds a POSIX shell script in which every interpolation is quoted: a string becomes one word, a list becomes one word
 * per entry, another script is inserted as it is. A secret is refused: pass it as `input(secret)`.
 *
 * The indentation that all lines share is removed, so that scripts can be written where they are used.
 *
 * @example sh`install -m ${'0644'} ${['a b', 'c']} ${dir}` // install -m 0644 'a b' c /srv
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Interpolation[]): Script {
  const texts = dedent(strings.raw.map(unescapeLiteral));
  const parts: (string | Input)[] = [];
  for (const [i, literal] of texts.entries()) {
    append(parts, literal);
    if (i < values.length) appendValue(parts, values[i] as Interpolation);
  }
  return { parts };
}

/** The scripts one after another, each on lines of its own. */
export function joinScripts(scripts: readonly Script[], separator = '\n'): Script {
  const parts: (string | Input)[] = [];
  for (const [i, script] of scripts.entries()) {
    if (i > 0) append(parts, separator);
    for (const part of script.parts) append(parts, part);
  }
  return { parts };
}

/** Inserts text as shell code, unquoted. For constants of the source code alone, never for data. */
export function raw(code: string): Script {
  return { parts: [code] };
}

/** The script's text and its inputs: input number k (from 1) is the file `"$RUN/k"`. */
export function renderScript(script: Script): { text: string; inputs: readonly Input[] } {
  const inputs: Input[] = [];
  const numbers = new Map<Input, number>();
  const text = script.parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const number = numbers.get(part) ?? inputs.push(part);
      numbers.set(part, number);
      return `"$RUN/${number}"`;
    })
    .join('');
  return { text, inputs };
}

/** The script's text alone: for tests and for `--debug`, where inputs must not be seen. */
export function scriptText(script: Script): string {
  return renderScript(script).text;
}

/** One shell word for this value. @throws TypeError where it holds a NUL, which no argument can */
export function quote(value: string | number): string {
  const word = String(value);
  if (word.includes('\0')) throw new TypeError('a shell word cannot hold a NUL character');
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function append(parts: (string | Input)[], part: string | Input): void {
  const last = parts.at(-1);
  if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
  else parts.push(part);
}

function appendValue(parts: (string | Input)[], value: Interpolation): void {
  if (value instanceof Secret) {
    throw new TypeError(`the secret ${value.names.join(', ')} cannot stand in a script: pass it as input(secret)`);
  }
  if (typeof value === 'string' || typeof value === 'number') append(parts, quote(value));
  else if (isList(value)) append(parts, value.map(quote).join(' '));
  else if ('content' in value) parts.push(value);
  else for (const part of value.parts) append(parts, part);
}

function isList(value: Interpolation): value is readonly (string | number)[] {
  return Array.isArray(value);
}

/** Shell code keeps its backslashes as written, but for the two that JavaScript itself makes necessary. */
function unescapeLiteral(literal: string): string {
  return literal.replaceAll('\\${', '${').replaceAll('\\`', '`');
}

/** Removes the first empty line, the last one, and the indentation that all lines have in common. */
function dedent(strings: readonly string[]): readonly string[] {
  if (!strings[0]?.startsWith('\n')) return strings;
  const lines = strings.join('\u0001').split('\n').slice(1);
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const common = Math.min(...indents);
  const last = lines.at(-1);
  if (last !== undefined && last.trim() === '') lines.pop();
  return lines
    .map((line) => line.slice(common))
    .join('\n')
    .split('\u0001');
}
