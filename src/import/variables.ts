/** The variables of what is imported: which the role reads, what they are, and what they are by default. */
import { type Code, operand, quote } from './code/code.ts';
import { chain, type Doc } from './code/layout.ts';
import type { Names } from './code/names.ts';
import { schemaOf, typeOf } from './code/shape-code.ts';
import { type Field, holdsFraction, holdsSecret, type Shape, shapeNamed } from './code/shapes.ts';
import { access, octalDigits, valueDoc } from './code/value-code.ts';
import { factNamed } from './facts.ts';
import { hasJinja } from './jinja/jinja.ts';
import { NotTranslated } from './not-translated.ts';
import type { Constant, Own, Param, Reads, Translate, Variable, Variables } from './variable.ts';

/** Texts that this computes are no param: they hold references to others. */
function isComputed(value: unknown): boolean {
  if (typeof value === 'string') return hasJinja(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(isComputed);
}

/**
 * @param declared what Ansible's files set; the one that counts, by its name
 * @param shapes what unknown variables were found to be when all of this was read before; filled in
 * @param names hands out those of constants
 * @param translate makes code of a value with references
 * @param reads where variables are read; filled in
 */
export function createVariables(
  declared: ReadonlyMap<string, Variable>,
  shapes: Map<string, Field>,
  names: Names,
  translate: Translate,
  reads: Reads,
): Variables {
  const all = new Map(declared);
  let isOnSome = false;
  const read = new Set<string>();
  const uses = new Set<string>();
  const constants = new Map<Variable, { readonly local: string; readonly code: Code; readonly param?: string }>();
  const fixed = new Map<string, { readonly local: string; readonly shape: Shape; readonly code: Doc }>();
  /** Params that tasks compute for themselves where the inventory does not set them. */
  const perhaps = new Set<string>();
  const open: string[] = [];
  const set = new Set<string>();
  const defaults = new Set<string>();

  function lookUp(name: string, mayBeMissing = false, own?: Own): Code {
    const variable = all.get(name);
    if (variable === undefined || variable.isInventory) {
      const fact = variable === undefined ? factNamed(name, (part) => uses.add(part)) : undefined;
      return fact ?? param(name, variable, mayBeMissing);
    }
    if (isComputed(variable.value))
      return own !== undefined && dependsOn(variable, own.names)
        ? computedFor(name, variable, own)
        : constant(name, variable);
    if (isConstant(name, variable)) return fixedCode(name, variable);
    return param(name, variable, mayBeMissing);
  }

  function constantFor(name: string, variable: Variable): Code {
    return isConstant(name, variable) ? fixedCode(name, variable) : param(name, undefined, false);
  }

  function param(name: string, variable: Variable | undefined, mayBeMissing: boolean): Code {
    if (mayBeMissing && variable?.value === null && !variable.isInventory)
      throw new NotTranslated(`${name} is null, which is not the same as missing`, 'Remove it where it is null.');
    read.add(name);
    const isNull = variable?.value === null;
    const field = shapes.get(name) ?? { shape: shapeNamed(name, variable?.value), isOptional: isNull };
    if (mayBeMissing && (variable === undefined || variable.isInventory)) field.isOptional = true;
    shapes.set(name, field);
    if (!isOnSome) reads.always.add(name);
    const { shape, isOptional } = field;
    if (isForSome(name, variable, field))
      return {
        code: `needed(${access('params', name)}, ${quote(name)})`,
        shape,
        isAtom: true,
        samples: [variable?.value],
      };
    return { code: access('params', name), shape, isOptional, isAtom: true, samples: [variable?.value] };
  }

  /** Nothing gives it a value, and not all hosts need one. */
  function isForSome(name: string, variable: Variable | undefined, { isOptional }: Field): boolean {
    const isUnset = variable === undefined || variable.isInventory === true;
    return reads.isWhole && isUnset && !isOptional && !reads.always.has(name);
  }

  function fixedCode(name: string, variable: Variable): Code {
    const key = identity(name, variable);
    const local = fixed.get(key)?.local ?? names.constant(localName(name));
    const field = shapes.get(`const ${key}`) ?? { shape: shapeNamed(name, variable.value), isOptional: false };
    shapes.set(`const ${key}`, field);
    const code = octalDigits(name, variable.value) ?? valueDoc(variable.value);
    fixed.set(key, { local, shape: field.shape, code });
    return { code: local, shape: field.shape, isAtom: true, samples: [variable.value], constant: variable.value };
  }

  function constant(name: string, variable: Variable): Code {
    const found = constants.get(variable);
    const known = found ?? {
      code: compute(name, variable, variable.translate ?? translate),
      local: names.constant(localName(name)),
      ...(isDefault(name, variable) ? { param: name } : {}),
    };
    if (found === undefined) constants.set(variable, known);
    if (known.param !== undefined) shapes.set(name, { shape: known.code.shape, isOptional: true });
    const { shape, isOptional = false, samples = [] } = known.code;
    // What set_fact has computed to a truth value stays one.
    const isComputed = variable.translate === undefined || shape.type !== 'boolean';
    return { code: known.local, shape, isOptional, isAtom: true, samples, isComputed };
  }

  /** Where it is computed from what one task sees alone, it is computed there. */
  function computedFor(name: string, variable: Variable, own: Own): Code {
    const code = compute(name, variable, own.translate);
    if (!isDefault(name, variable)) return code;
    perhaps.add(name);
    shapes.set(name, { shape: code.shape, isOptional: true });
    return { code: `${access('params', name)} ?? ${operand(code)}`, shape: code.shape, isComputed: true };
  }

  /** Whether it is what a param is by default. */
  function isDefault(name: string, variable: Variable): boolean {
    return !variable.isFixed && (declared.get(name) === variable || defaults.has(name));
  }

  function dependsOn({ value, translate: others }: Variable, names: ReadonlySet<string>, seen = new Set()): boolean {
    if (others !== undefined || seen.has(value)) return false;
    seen.add(value);
    const words = JSON.stringify(value).match(/[A-Za-z_]\w*/g) ?? [];
    return words.some((word) => {
      const other = all.get(word);
      return names.has(word) || (other !== undefined && isComputed(other.value) && dependsOn(other, names, seen));
    });
  }

  function compute(name: string, { value }: Variable, how: Translate): Code {
    if (open.includes(name)) throw new NotTranslated(`the variable ${name} refers to itself`);
    open.push(name);
    // It is computed on all hosts.
    const wasOnSome = isOnSome;
    isOnSome = false;
    try {
      return how(value);
    } finally {
      isOnSome = wasOnSome;
      open.pop();
    }
  }

  /** What is given by default, whatever a task sets later. */
  function overridable(name: string): Variable | undefined {
    const variable = all.get(name);
    return variable?.isFixed && set.has(name) ? declared.get(name) : variable;
  }

  function params(): Param[] {
    const computed = new Set([...perhaps, ...[...constants.values()].flatMap((each) => each.param ?? [])]);
    return [...new Set([...read, ...computed])].map((name): Param => {
      const field = shapes.get(name) ?? { shape: { type: 'unknown' }, isOptional: false };
      const variable = overridable(name);
      const isSecret = holdsSecret(field.shape);
      const isGiven = variable !== undefined && !variable.isInventory && !isSecret && variable.value !== null;
      const hasDefault = isGiven && !computed.has(name);
      const schema = schemaOf(field.shape);
      return {
        name,
        isSecret,
        hasFraction: holdsFraction(field.shape),
        schema: hasDefault
          ? chain(schema, 'default', octalDigits(name, variable.value) ?? valueDoc(variable.value))
          : field.isOptional || isForSome(name, variable, field)
            ? chain(schema, 'optional')
            : schema,
        isRequired: !hasDefault && !field.isOptional && !isForSome(name, variable, field),
        place: variable?.place,
      };
    });
  }

  function allConstants(): readonly Constant[] {
    const plain = [...fixed.values()].map(({ local, shape, code }) => ({ name: local, type: typeOf(shape), code }));
    const computed = [...constants.values()].map(({ local, code, param: name }) => ({
      name: local,
      code: name === undefined ? code.code : `${access('params', name)} ?? ${operand(code)}`,
    }));
    return [...plain, ...computed];
  }

  return {
    lookUp,
    constantFor,
    textOf(name) {
      const { value, isInventory = false } = all.get(name) ?? {};
      return typeof value === 'string' && !isInventory && !hasJinja(value) ? value : undefined;
    },
    isSet: (name) => set.has(name),
    isCurrent(name, variable) {
      const current = all.get(name);
      return current !== undefined && !set.has(name) && identity(name, current) === identity(name, variable);
    },
    onSome(work) {
      const wasOnSome = isOnSome;
      isOnSome = true;
      try {
        return work();
      } finally {
        isOnSome = wasOnSome;
      }
    },
    set(name, variable) {
      set.add(name);
      all.set(name, variable);
    },
    setDefault(name, variable) {
      const known = all.get(name);
      if (known !== undefined && !known.isInventory) return;
      defaults.add(name);
      all.set(name, variable);
    },
    params,
    uses,
    mark() {
      const sets = [read, uses, perhaps].map((before) => [before, new Set(before)] as const);
      const [ofConstants, ofFixed] = [new Set(constants.keys()), new Set(fixed.keys())];
      return () => {
        for (const [current, before] of sets) restore(current, before);
        restore(constants, ofConstants);
        restore(fixed, ofFixed);
      };
    },
    constants: allConstants,
  };
}

/** Secrets are the inventory's, whoever has written them; null is left out. */
function isConstant(name: string, { value, isFixed = false }: Variable): boolean {
  return isFixed && value !== null && !holdsSecret(shapeNamed(name, value));
}

function restore<T>(current: { keys(): Iterable<T>; delete(key: T): boolean }, before: ReadonlySet<T>): void {
  for (const key of [...current.keys()]) if (!before.has(key)) current.delete(key);
}

/** The same for the same value, wherever it was read. */
function identity(name: string, { value }: Variable): string {
  return `${name}: ${JSON.stringify(value)}`;
}

function localName(name: string): string {
  const camel = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, '');
  return `${camel}Value`;
}
