import { ProvisionError } from '../../errors.ts';
import { checkVariables, type Declarer } from '../declarations.ts';
import type { DeclaredGroup } from '../groups.ts';
import { rememberOrigins, type Source } from '../origins.ts';
import { textSource } from '../text-source.ts';
import type { Vars } from '../types.ts';
import { expandHostNames } from './host-names.ts';
import { pythonLiteral } from './python-literal.ts';
import { splitWords } from './shell-words.ts';

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/;
/** A name that begins with a bracket goes on behind it: `[a:b]-web`, `[2001:db8::1]:22`. */
const LOOKS_LIKE_SECTION = /^\[(?:[^\]]*\](?:\s|$)|.*\]$)/;
const CHILD = /^([^:\]\s]+)\s*(?:#.*)?$/;
const KINDS = ['hosts', 'children', 'vars'];

interface Section {
  readonly group: DeclaredGroup;
  readonly kind: string;
  readonly variables: Entry[];
}

/**
 * Reads an inventory in INI form as Ansible's plugin `ini` does: `[group]` with a host and its `name=value` a line, `[group:children]`,
 * `[group:vars]`. Values are Python's literals, or else texts: `no` and `0644` are texts, `False` is none.
 * @throws ProvisionError `inventory-syntax`, `inventory-structure`
 */
export function readIniSource(text: string, file: string, declarer: Declarer): void {
  const source = textSource(file, text);
  /** What stands before the first section belongs to no group. */
  let section: Section | undefined;

  function readLine(raw: string, lineOffset: number): void {
    const line = raw.trim();
    const offset = lineOffset + raw.indexOf(line);
    if (line === '' || /^[#;]/.test(line)) return;
    const place = source.place(offset);
    if (LOOKS_LIKE_SECTION.test(line)) enter(readSection(line, place));
    else if (section?.kind === 'children') readChild(section.group, line, place);
    else if (section?.kind === 'vars') section.variables.push(readVariable(line, offset));
    else readHosts(section?.group ?? declarer.group('ungrouped', place), line, offset);
  }

  /** The variables of the section before are complete. */
  function enter(next: Section | undefined): void {
    if (section !== undefined && section.variables.length > 0) {
      declarer.setVars(section.group, variables(section.variables, source));
    }
    section = next;
  }

  function readSection(line: string, place: string): Section {
    const [, name, kind = 'hosts'] = SECTION.exec(line) ?? [];
    if (name === undefined || !KINDS.includes(kind)) {
      const hint = 'Write [group], [group:children] or [group:vars], without blanks.';
      throw syntax(
        `${name === undefined ? 'this is no section' : `there are no sections of the kind :${kind}`}`,
        place,
        hint,
      );
    }
    const group = declarer.group(name, place);
    if (kind !== 'vars') group.isDeclared = true;
    return { group, kind, variables: [] };
  }

  function readChild(group: DeclaredGroup, line: string, place: string): void {
    const [, name] = CHILD.exec(line) ?? [];
    if (name === undefined) throw syntax('this is no name of a group', place, 'Write one group a line.');
    declarer.addChild(group, name, place);
  }

  function readVariable(line: string, offset: number): Entry {
    const equals = line.indexOf('=');
    if (equals === -1) throw syntax('a variable lacks its value', source.place(offset), 'Write one name=value a line.');
    return [line.slice(0, equals).trim(), pythonLiteral(line.slice(equals + 1).trim()), offset];
  }

  function readHosts(group: DeclaredGroup, line: string, offset: number): void {
    const location = source.place(offset);
    const [first, ...words] = splitWords(line) ?? [];
    if (first === undefined)
      throw syntax('a quote is not closed, or the line ends with a backslash', location, QUOTE_HINT);
    const vars = variables(
      words.map((word) => {
        const equals = word.text.indexOf('=');
        const at = offset + word.offset;
        if (equals === -1) throw syntax('a variable of a host lacks its value', source.place(at), QUOTE_HINT);
        return [word.text.slice(0, equals), pythonLiteral(word.text.slice(equals + 1)), at];
      }),
      source,
    );
    const { names, port } = expandHostNames(first.text, location);
    for (const name of names) declarer.addHost(group, name, { location, port, vars });
  }

  declarer.group('all', source.place(0));
  for (let start = 0; start <= text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    readLine(text.slice(start, end), start);
    start = end + 1;
  }
  enter(undefined);
}

type Entry = readonly [name: string, value: unknown, offset: number];

const QUOTE_HINT = 'Write name=value for each variable, in quotes where the value holds blanks: name="a b".';

/** Of several of one name the last counts. @throws ProvisionError `inventory-structure` for what is no name */
function variables(entries: readonly Entry[], source: Source): Vars {
  const vars: Record<string, unknown> = Object.fromEntries(entries);
  rememberOrigins(vars, source, new Map(entries.map(([name, , offset]) => [name, offset])));
  checkVariables(vars);
  return vars;
}

function syntax(message: string, location: string, hint: string): ProvisionError {
  return new ProvisionError('inventory-syntax', message, { location, hint });
}
