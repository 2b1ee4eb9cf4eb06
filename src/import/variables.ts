/** The variables of what is imported: which the role reads, what they are, and what they are by default. */
import { type Code, operand, quote } from './code.ts';
import { factNamed } from './facts.ts';
import { Fraction } from './fraction.ts';
import { hasJinja } from './jinja.ts';
import { array, call, chain, type Doc, object } from './layout.ts';
import { NotTranslated } from './not-translated.ts';
import { type Field, holdsFraction, holdsSecret, known, type Shape, shapeNamed } from './shapes.ts';
import { ENCRYPTED, isRecord } from './yaml-source.ts';

/** A variable as Ansible's files set it. */
export interface Variable {
  readonly value: unknown;
  /** `defaults/main.yml:3`. */
  readonly place: string;
  /** Set by the inventory: its value tells what it is, and is no default. */
  readonly isInventory?: boolean;
}

/** A variable that the role reads from the inventory. */
export interface Param {
  readonly name: string;
  readonly schema: Doc;
  readonly isSecret: boolean;
  /** Holds numbers with a point, which are texts here. */
  readonly hasFraction: boolean;
  /** Nothing gives it a value yet. */
  readonly isRequired: boolean;
  readonly place: string | undefined;
}

/** Texts that this computes are no param: they hold references to others. */
function isComputed(value: unknown): boolean {
  if (typeof value === 'string') return hasJinja(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(isComputed);
}

export interface Variables {
  /** @throws NotTranslated where it is a fact that roles are not told */
  lookUp(name: string, mayBeMissing?: boolean): Code;
  /** What `set_fact` and `vars` of a task set: counts from there on. */
  set(name: string, variable: Variable): void;
  /** What `set_fact` sets where nothing else does. */
  setDefault(name: string, variable: Variable): void;
  /** The params of all variables that were read so far. */
  params(): readonly Param[];
  /** What the context of the role must give: `facts`. */
  readonly uses: ReadonlySet<string>;
  /** Forgets what was read in vain: call what it returns. */
  mark(): () => void;
  /** Constants that are computed from others, in the order in which they can be. */
  computed(): readonly { readonly name: string; readonly code: Doc }[];
}

/**
 * @param declared what Ansible's files set; the one that counts, by its name
 * @param shapes what unknown variables were found to be when all of this was read before; filled in
 * @param translate makes code of a value with references
 */
export function createVariables(
  declared: ReadonlyMap<string, Variable>,
  shapes: Map<string, Field>,
  translate: (value: unknown) => Code,
): Variables {
  const all = new Map(declared);
  const read = new Set<string>();
  const uses = new Set<string>();
  const constants = new Map<string, { readonly name: string; readonly code: Code; readonly isParam: boolean }>();
  const open: string[] = [];
  const defaults = new Set<string>();

  function lookUp(name: string, mayBeMissing = false): Code {
    const variable = all.get(name);
    if (variable === undefined || variable.isInventory) {
      const fact = variable === undefined ? factNamed(name, (part) => uses.add(part)) : undefined;
      if (fact !== undefined) return fact;
    }
    if (variable !== undefined && isComputed(variable.value) && !variable.isInventory) return constant(name, variable);
    if (mayBeMissing && variable?.value === null && !variable.isInventory)
      throw new NotTranslated(`${name} is null, which is not the same as missing`, 'Remove it where it is null.');
    read.add(name);
    const shape: Shape = shapeNamed(name, variable?.value);
    const field = shapes.get(name) ?? { shape, isOptional: variable?.value === null };
    if (mayBeMissing && (variable === undefined || variable.isInventory)) field.isOptional = true;
    shapes.set(name, field);
    return { code: access('params', name), shape: field.shape, isOptional: field.isOptional, isAtom: true };
  }

  function constant(name: string, variable: Variable): Code {
    if (open.includes(name)) throw new NotTranslated(`the variable ${name} refers to itself`);
    const found = constants.get(name);
    const known = found ?? {
      name: localName(name),
      code: compute(name, variable),
      isParam: declared.get(name) === variable || defaults.has(name),
    };
    if (found === undefined) constants.set(name, known);
    if (known.isParam) shapes.set(name, { shape: known.code.shape, isOptional: true });
    return { code: known.name, shape: known.code.shape, isOptional: known.code.isOptional ?? false, isAtom: true };
  }

  function compute(name: string, { value }: Variable): Code {
    open.push(name);
    try {
      return translate(value);
    } finally {
      open.pop();
    }
  }

  function params(): Param[] {
    const names = new Set([...read, ...[...constants].filter(([, { isParam }]) => isParam).map(([name]) => name)]);
    return [...names].map((name): Param => {
      const field = shapes.get(name) ?? { shape: { type: 'unknown' }, isOptional: false };
      const variable = all.get(name);
      const isSecret = holdsSecret(field.shape);
      const isGiven =
        variable !== undefined && !variable.isInventory && !holdsSecret(field.shape) && variable.value !== null;
      const isDefault = isGiven && !constants.has(name);
      const schema = schemaOf(field.shape);
      return {
        name,
        isSecret,
        hasFraction: holdsFraction(field.shape),
        schema: isDefault
          ? chain(schema, 'default', octalDigits(name, variable.value) ?? valueDoc(variable.value))
          : field.isOptional
            ? chain(schema, 'optional')
            : schema,
        isRequired: !isDefault && !field.isOptional,
        place: variable?.place,
      };
    });
  }

  return {
    lookUp,
    set(name, variable) {
      constants.delete(name);
      all.set(name, variable);
    },
    setDefault(name, variable) {
      const known = all.get(name);
      if (known !== undefined && !known.isInventory) return;
      constants.delete(name);
      defaults.add(name);
      all.set(name, variable);
    },
    params,
    uses,
    mark() {
      const before = { read: new Set(read), uses: new Set(uses), constants: new Map(constants) };
      return () => {
        restore(read, before.read);
        restore(uses, before.uses);
        for (const name of constants.keys()) if (!before.constants.has(name)) constants.delete(name);
      };
    },
    computed: () =>
      [...constants].map(([name, { name: local, code, isParam }]) => ({
        name: local,
        code: isParam ? `${access('params', name)} ?? ${operand(code)}` : code.code,
      })),
  };
}

function restore<T>(set: Set<T>, before: ReadonlySet<T>): void {
  for (const entry of set) if (!before.has(entry)) set.delete(entry);
}

function access(of: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${of}.${name}` : `${of}[${quote(name)}]`;
}

/** No name that the role imports or JavaScript keeps for itself has an underscore at its end. */
function localName(name: string): string {
  const camel = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '');
  return `${camel}Value`;
}

/** The schema of zod that takes values of that shape. */
export function schemaOf(shape: Shape): Doc {
  const found = known(shape);
  switch (found.type) {
    case 'number':
      return 'z.number()';
    case 'boolean':
      return 'z.boolean()';
    case 'secret':
      return 'fields.secretText()';
    case 'scalar':
      return 'z.union([z.string(), z.number(), z.boolean()])';
    case 'list':
      return call('z.array', schemaOf(found.item));
    case 'map': {
      const fields = [...found.fields].map(([name, field]) => {
        const schema = schemaOf(field.shape);
        const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);
        return [key, field.isOptional ? chain(schema, 'optional') : schema] as const;
      });
      if (found.entry !== undefined) {
        const isKnown = known(found.entry).type !== 'unknown';
        return call('z.record', 'z.string()', isKnown ? schemaOf(found.entry) : 'z.unknown()');
      }
      return call(found.isOpen ? 'z.looseObject' : 'z.object', object(fields));
    }
    default:
      return 'z.string()';
  }
}

/** A plain value of YAML as TypeScript. */
export function valueCode(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof Fraction) return quote(String(value));
  if (value === ENCRYPTED || value === null || value === undefined) return 'undefined';
  if (Array.isArray(value)) return `[${value.map(valueCode).join(', ')}]`;
  if (!isRecord(value)) return String(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, entry]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key)}: ${octalDigits(key, entry) ?? valueCode(entry)}`).join(', ')} }`;
}

/** A plain value of YAML as code that can be broken into lines. */
export function valueDoc(value: unknown): Doc {
  if (Array.isArray(value)) return array(value.map(valueDoc));
  if (!isRecord(value)) return valueCode(value);
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  return object(
    entries.map(([key, entry]) => [
      /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key),
      octalDigits(key, entry) ?? valueDoc(entry),
    ]),
  );
}

/** People write a mode in octal digits, which YAML has read: so they stand in the role again. */
function octalDigits(name: string, value: unknown): string | undefined {
  const isMode = /(^|_)mode$/i.test(name) && Number.isInteger(value) && Number(value) > 7 && Number(value) <= 0o7777;
  return isMode ? `0o${Number(value).toString(8)}` : undefined;
}
