/** Constants and functions that written roles bring along, by their names: what no resource has and more than one task may need. */
export interface Helper {
  readonly code: string;
  /** What it takes from `provision`. */
  readonly imports: readonly string[];
}

export const HELPERS: Readonly<Record<string, Helper>> = {
  pythonText: {
    imports: [],
    code: `/** As Ansible prints it: True and False begin with a capital letter, and null is nothing. */
function pythonText(value: string | number | boolean | undefined): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value ?? '');
}`,
  },
  wholeNumber: {
    imports: [],
    code: `/** As Jinja's int: the whole part of what Python takes for a number, which knows 1_000 and no 0x10; else the default. */
function wholeNumber(value: string | number | boolean | undefined, otherwise = 0): number {
  const text = String(typeof value === 'boolean' ? Number(value) : value).trim();
  const digits = text.replaceAll(/(?<=\\d)_(?=\\d)/g, '');
  const isNumber = /^[-+]?(\\d+\\.?\\d*|\\.\\d+)(e[-+]?\\d+)?$/i.test(digits);
  const number = isNumber ? Math.trunc(Number(digits)) : otherwise;
  if (Number.isSafeInteger(number)) return number;
  throw new Error(\`\${JSON.stringify(text)} is no whole number that stays as it is\`);
}`,
  },
  isTrue: {
    imports: [],
    code: `/** As Ansible's bool: what is no word for true is false. */
function isTrue(value: string | number | boolean | undefined): boolean {
  return ['yes', 'on', '1', 'true'].includes(String(value).toLowerCase());
}`,
  },
  isSwitchedOn: {
    imports: [],
    code: `/** What Ansible takes for true and false where an option is a switch. */
function isSwitchedOn(value: string | number | boolean | undefined): boolean {
  const word = String(value).trim().toLowerCase();
  if (['y', 'yes', 'on', '1', 'true', 't'].includes(word)) return true;
  if (['n', 'no', 'off', '0', 'false', 'f'].includes(word)) return false;
  throw new Error(\`\${JSON.stringify(value)} is neither true nor false\`);
}`,
  },
  modulo: {
    imports: [],
    code: `/** The rest of a division, as Python has it for negative numbers. */
function modulo(number: number, by: number): number {
  return ((number % by) + by) % by;
}`,
  },
  plainWord: {
    imports: [],
    code: `/** A text that stands in shell code without quotes: it must be one word, or it would mean something else. */
function plainWord(text: string): string {
  if (/^[\\w@%+=:,./-]+$/.test(text)) return text;
  throw new Error(\`\${JSON.stringify(text)} is no plain word, and stands in a command without quotes\`);
}`,
  },
  needed: {
    imports: [],
    code: `/** A variable that is read on some hosts alone: there the inventory must set it. */
function needed<T>(value: T | undefined, name: string): T {
  if (value !== undefined) return value;
  throw new Error(\`set \${name} in the inventory: this host needs it\`);
}`,
  },
  ended: {
    imports: [],
    code: `/** A text and the line break behind it, which Ansible adds to none that ends in one. */
function ended(text: string, ofNothing = '\\n'): string {
  if (text === '') return ofNothing;
  return text.endsWith('\\n') ? text : \`\${text}\\n\`;
}`,
  },
  jsonText: {
    imports: [],
    code: `/** JSON as Python writes it: blanks after signs, and what is not ASCII as escapes. With an indentation keys are in order. */
function jsonText(value: unknown, indent?: number, before = ''): string {
  const inner = before + ' '.repeat(indent ?? 0);
  const ordered = (keys: string[]) => (indent === undefined ? keys : keys.toSorted());
  const isList = Array.isArray(value);
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') {
    const escaped = (sign: string) => \`\\\\u\${sign.charCodeAt(0).toString(16).padStart(4, '0')}\`;
    return JSON.stringify(value).replace(/[\\u007f-\\uffff]/g, escaped);
  }
  const fields = Object.entries(value);
  const byName = Object.fromEntries(fields);
  const parts = isList
    ? value.map((item) => jsonText(item, indent, inner))
    : ordered(Object.keys(byName)).map((key) => \`\${jsonText(key)}: \${jsonText(byName[key], indent, inner)}\`);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0 || indent === undefined) return open + parts.join(', ') + close;
  return \`\${open}\\n\${inner}\${parts.join(\`,\\n\${inner}\`)}\\n\${before}\${close}\`;
}`,
  },
  shellWord: {
    imports: [],
    code: `/** As Python's shlex.quote: one word of a shell. */
function shellWord(text: string): string {
  return /^[\\w@%+=:,./-]+$/.test(text) ? text : \`'\${text.replaceAll("'", \`'"'"'\`)}'\`;
}`,
  },
  sortedEntries: {
    imports: [],
    code: `/** The entries of a mapping in the order of Jinja's dictsort, to which capital letters are the same. */
function sortedEntries<T>(map: Readonly<Record<string, T>>): { key: string; value: T }[] {
  const entries = Object.entries(map).map(([key, value]) => ({ key, value, order: key.toLowerCase() }));
  return entries.toSorted((a, b) => Number(a.order > b.order) - Number(a.order < b.order));
}`,
  },
  indented: {
    imports: [],
    code: `/** As Jinja's indent: blanks before each line that is not empty, and before the first one where that is asked for. */
function indented(text: string, width: number, isFirstToo = false): string {
  const lines = text.split('\\n').map((line, i) => (line === '' || (i === 0 && !isFirstToo) ? line : ' '.repeat(width) + line));
  return lines.join('\\n');
}`,
  },
  commented: {
    imports: [],
    code: `/** As Ansible's comment: a sign before each line, and a line with nothing else before and after them. */
function commented(text: string): string {
  return \`#\\n# \${text.replaceAll('\\n', '\\n# ')}\`.replaceAll('# \\n', '#\\n').concat('\\n#');
}`,
  },
  commandOfCron: {
    imports: [],
    code: `/** A job as the shell gets it: to cron a percent sign ends the command, and a backslash takes that from it. */
function commandOfCron(job: string): string {
  if (!/(?<!\\\\)(?:\\\\\\\\)*%/.test(job)) return job.replaceAll(/\\\\([\\\\%])/g, '$1');
  throw new Error('what follows % in a job of cron is the standard input of its command: write it as a command');
}`,
  },
  serviceState: {
    imports: [],
    code: `/** What Ansible's state of a service is called here. */
function serviceState(state: string): 'running' | 'stopped' {
  if (state === 'started') return 'running';
  if (state === 'stopped') return 'stopped';
  throw new Error(\`\${JSON.stringify(state)} is no state of a service that lasts\`);
}`,
  },
  presence: {
    imports: [],
    code: `/** A state that a variable names. */
function presence(state: string): 'present' | 'absent' {
  if (state === 'present' || state === 'absent') return state;
  throw new Error(\`\${JSON.stringify(state)} is neither present nor absent\`);
}`,
  },
  isMasked: {
    imports: ['sh'],
    code: `/** A script that succeeds where a unit of systemd is masked. */
function isMasked(unit: string) {
  return sh\`[ "$(systemctl is-enabled \${unit} 2>/dev/null)" = masked ]\`;
}`,
  },
  isNotMasked: {
    imports: ['sh'],
    code: `/** A script that succeeds where a unit of systemd is not masked. */
function isNotMasked(unit: string) {
  return sh\`[ "$(systemctl is-enabled \${unit} 2>/dev/null)" != masked ]\`;
}`,
  },
  sortedTexts: {
    imports: [],
    code: `/** In the order of Jinja's sort, to which capital letters are the same. */
function sortedTexts(texts: readonly string[]): string[] {
  const keyed = texts.map((text) => ({ text, key: text.toLowerCase() }));
  return keyed.toSorted((a, b) => Number(a.key > b.key) - Number(a.key < b.key)).map(({ text }) => text);
}`,
  },
  uniqueTexts: {
    imports: [],
    code: `/** The first of those that differ in capital letters alone, as Jinja's unique has it. */
function uniqueTexts(texts: readonly string[]): string[] {
  const keys = texts.map((text) => text.toLowerCase());
  return texts.filter((_, i) => keys.indexOf(keys[i] ?? '') === i);
}`,
  },
  folderOf: {
    imports: [],
    code: `/** As Python's dirname: nothing for a name without a slash. */
function folderOf(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\\/*$/.test(folder) ? folder : folder.replace(/\\/+$/, '');
}`,
  },
  isMember: {
    imports: ['sh'],
    code: `/** A script that succeeds where the user is in all of these groups. */
function isMember(user: string, groups: readonly string[]) {
  return sh\`
    [ -z "$(for group in \${groups}; do
      id -nG \${user} 2>/dev/null | tr ' ' '\\n' | grep -qxF -e "$group" || echo missing
    done)" ]
  \`;
}`,
  },
  isLocked: {
    imports: ['sh'],
    code: `/** A script that succeeds where the password of the user is locked. */
function isLocked(user: string) {
  return sh\`getent shadow \${user} | cut -d: -f2 | grep -q '^!'\`;
}`,
  },
  octalMode: {
    imports: [],
    code: `/** Of five digits the first is a zero, which says nothing. A number is what YAML makes of 0640 without quotes. */
function octalMode(mode: string | number | boolean): string {
  if (typeof mode === 'number') return mode.toString(8).padStart(4, '0');
  return String(mode).replace(/^0(?=\\d{4}$)/, '');
}`,
  },
  sysctlValue: {
    imports: [],
    code: `/** Words for true and false are 1 and 0 to the kernel. */
function sysctlValue(text: string): string {
  if (/^(y|yes|on|true|t)$/i.test(text)) return '1';
  return /^(n|no|off|false|f)$/i.test(text) ? '0' : text.trim();
}`,
  },
  tidyPath: {
    imports: [],
    code: `/** Without slashes too many, which Ansible does not mind. */
function tidyPath(path: string): string {
  return path.replace(/\\/{2,}/g, '/').replace(/(?<=.)\\/$/, '');
}`,
  },
  commaSeparated: {
    imports: [],
    code: `/** The words of a text with commas between them, which Ansible takes for a list. */
function commaSeparated(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '');
}`,
  },
  COMPOSE_IS_UP: {
    imports: ['sh'],
    code: `/** Each service has a running container, made from what its definition is now: compose tells that by a hash. */
const COMPOSE_IS_UP = sh\`
  wanted=$(docker compose config --hash '*' | sort)
  found=$(docker inspect -f \\
    '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}}' \\
    $(docker compose ps -q) | sort -u)
  [ "$wanted" = "$found" ]
\`;`,
  },
};
