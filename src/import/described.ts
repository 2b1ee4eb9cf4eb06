/** What the tasks so far describe, and what becomes of a second task for the same: there is one description of each thing. */
import { type Doc, layOut } from './code/layout.ts';
import { NotTranslated } from './not-translated.ts';

/** The field that tells which one a resource is about. What no one names here may be described several times. */
const NAMED_BY: Readonly<Record<string, string>> = {
  user: 'name',
  group: 'name',
  file: 'path',
  template: 'path',
  directory: 'path',
  symlink: 'path',
  service: 'name',
  systemdUnit: 'name',
  sysctl: 'name',
  cron: 'name',
  lineInFile: 'path',
};

/** A resource within what a task became. */
export interface Description {
  /** `user 'carol'`; in a loop with what it goes through. */
  readonly id: string;
  readonly kind: string;
  /** The code of its name or path. */
  readonly name: string;
  /** The call that makes it. */
  readonly doc: Extract<Doc, { readonly type: 'call' }>;
  /** The conditions that it stands under; undefined where it is always there. */
  readonly condition: string | undefined;
}

/** The resources in what a task became, as far as they are known by a name. */
export function descriptionsIn(doc: Doc, condition?: string, loop = ''): readonly Description[] {
  if (typeof doc === 'string') return [];
  switch (doc.type) {
    case 'call': {
      const [fields] = doc.args;
      const field = NAMED_BY[doc.callee];
      const given =
        typeof fields === 'object' && fields.type === 'object' ? Object.fromEntries(fields.fields) : undefined;
      const named = given?.[field ?? ''];
      if (typeof named !== 'string') return [];
      const name = typeof given?.dropIn === 'string' ? dropInName(named, given.dropIn) : named;
      const kind = doc.callee === 'template' ? 'file' : doc.callee;
      return [{ id: `${kind} ${loop}${name}`, kind, name, doc, condition }];
    }
    case 'spread':
      return descriptionsIn(doc.of, condition, loop);
    case 'choice': {
      const test = condition === undefined ? doc.test : `${condition} && ${doc.test}`;
      return [...descriptionsIn(doc.yes, test, loop), ...descriptionsIn(doc.no, `!(${test})`, loop)];
    }
    case 'chain':
      return doc.args.flatMap((arg) => descriptionsIn(arg, condition, `${loop}${layOut(doc.of)}: `));
    case 'arrow':
      return descriptionsIn(doc.body, condition, loop);
    case 'array':
      return doc.items.flatMap((item) => descriptionsIn(item, condition, loop));
    default:
      return [];
  }
}

/** What is added to a unit is another file than the unit. */
function dropInName(unit: string, dropIn: string): string {
  return `'${unit.slice(1, -1)}.d/${dropIn.slice(1, -1)}.conf'`;
}

/** Whether a name or path is known now: then it is another one than any other that is. */
export function isConstant(name: string): boolean {
  return /^(['"])(?:(?!\1).)*\1$/.test(name);
}

/**
 * One description of both.
 * @returns undefined where they do not agree, or where what the second one adds would count before its time
 */
export function joinDescriptions(a: Doc | undefined, b: Doc | undefined): Doc | undefined {
  if (typeof a !== 'object' || a.type !== 'call' || typeof b !== 'object' || b.type !== 'call') return undefined;
  const [first, second] = [a.args[0], b.args[0]];
  if (a.callee !== b.callee || typeof first !== 'object' || first.type !== 'object') return undefined;
  if (typeof second !== 'object' || second.type !== 'object') return undefined;
  const fields = new Map(first.fields);
  for (const [name, value] of second.fields) {
    const own = fields.get(name);
    if (own === undefined) {
      if (DECIDED_FIRST.includes(name) && a.callee !== 'service') return undefined;
      fields.set(name, value);
    } else if (typeof own === 'object' && typeof value === 'object' && own.type === 'array' && value.type === 'array') {
      fields.set(name, { type: 'array', items: [...own.items, ...value.items] });
    } else if (layOut(own) !== layOut(value)) return undefined;
  }
  const [notified, other] = [a.args.slice(1), b.args.slice(1)];
  if (notified.length > 0 && other.length > 0 && layOut(notified[0] ?? '') !== layOut(other[0] ?? '')) return undefined;
  return { ...a, args: [{ type: 'object', fields: [...fields] }, ...(notified.length > 0 ? notified : other)] };
}

/** Fields that count when the thing is made, or whether it is: a later task comes too late for them. */
const DECIDED_FIRST = ['state', 'system', 'createHome'];

/** A task that describes something, and where it is in the list. */
export interface Described extends Description {
  readonly place: string;
  readonly at: number;
}

/** What becomes of a task that describes what another one has described. */
export type Again =
  /** Both are one, where the first one is. */
  | { readonly type: 'joined'; readonly into: Described; readonly doc: Doc }
  /** Each has its condition, which may exclude the other. */
  | { readonly type: 'apart'; readonly from: Described; readonly what: string }
  | { readonly type: 'new' };

/** @throws NotTranslated where both count, and do not agree */
export function describeAgain(items: readonly Doc[], earlier: readonly Described[]): Again {
  for (const own of items.flatMap((item) => descriptionsIn(item))) {
    checkLines(own, earlier);
    if (own.kind === 'lineInFile') continue;
    const from = earlier.find(({ id }) => id === own.id);
    if (from === undefined || layOut(from.doc) === layOut(own.doc)) continue;
    const arePlain = from.condition === undefined && own.condition === undefined;
    const doc =
      arePlain && items.length === 1 && items[0] === own.doc ? joinDescriptions(from.doc, own.doc) : undefined;
    if (doc !== undefined) return { type: 'joined', into: from, doc };
    if (from.condition !== undefined && own.condition !== undefined && from.condition !== own.condition)
      return { type: 'apart', from, what: own.id };
    throw new NotTranslated(
      `it describes the ${own.id} again, as the task at ${from.place} does, and not in the same way`,
      'Write one resource that says both.',
    );
  }
  return { type: 'new' };
}

/** A file that one task writes as a whole, and another one changes, never stays as it is: in Ansible each run changes it twice. */
function checkLines(own: Description, earlier: readonly Described[]): void {
  const from = earlier.find((other) => {
    const [line, whole] = own.kind === 'lineInFile' ? [own, other] : [other, own];
    return line.kind === 'lineInFile' && fileOf(whole) === line.name;
  });
  if (from === undefined) return;
  throw new NotTranslated(
    `one task writes the file ${own.kind === 'lineInFile' ? own.name : from.name} as a whole, and another one a line of it: see ${from.place}`,
    'Put the line into the content of the file.',
  );
}

/** The path of a file that is written as a whole, or removed. */
function fileOf({ kind, name }: Description): string | undefined {
  if (kind === 'file') return name;
  return kind === 'systemdUnit' ? name.replace(/^(['`])/, '$1/etc/systemd/system/') : undefined;
}

/** Those of a kind that may be the one of this name: it shows only when the role runs which one a variable names. */
export function perhapsSame(earlier: readonly Described[], kind: string, name: string): readonly Described[] {
  return earlier.filter(
    (other) => other.kind === kind && (other.name === name || !isConstant(name) || !isConstant(other.name)),
  );
}
