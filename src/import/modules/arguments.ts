/** The arguments of a module, read one by one: what no translator asked for is told, and never lost silently. */
import { asList, asOptionalText, asText, type Code, itemOf, literal, operand } from '../code/code.ts';
import { BOOLEAN, guess, known, listOf, TEXT } from '../code/shapes.ts';
import { switchNow, toSwitch, toWhole } from '../jinja/conversions.ts';
import { type Scope, translateValue } from '../jinja/expressions.ts';
import { listCode } from '../jinja/operators.ts';
import { NotTranslated } from '../not-translated.ts';
import { tidyPath } from '../paths.ts';
import { ENCRYPTED } from '../playbook/yaml-source.ts';

export interface ModuleArguments {
  has(name: string): boolean;
  /** The value under the first of these names that is given. @throws NotTranslated */
  code(...names: readonly string[]): Code | undefined;
  /** As a text; may be undefined when the role runs, where the variable may be missing. */
  text(...names: readonly string[]): Code | undefined;
  /** As a text that must be there. @throws NotTranslated where it is not given */
  required(...names: readonly string[]): Code;
  /** A path, without slashes too many. */
  path(...names: readonly string[]): Code | undefined;
  /** The same, where it must be given. @throws NotTranslated */
  requiredPath(...names: readonly string[]): Code;
  /** A list, or texts with commas between, as a list of texts. */
  list(...names: readonly string[]): Code | undefined;
  /** A text that is known now. @throws NotTranslated where it depends on a variable */
  fixed(...names: readonly string[]): string | undefined;
  /** A switch that is known now. */
  flag(name: string, otherwise: boolean): boolean;
  /** A switch that may depend on a variable. */
  boolean(name: string): Code | undefined;
  number(name: string): Code | undefined;
  /** As it is written. */
  raw(...names: readonly string[]): unknown;
  /** Whether it is given, and something else than that, or depends on a variable. */
  isUnusual(name: string, usual: string | boolean | undefined): boolean;
  /** Options that mean nothing to us. */
  ignore(...names: readonly string[]): void;
  /** @throws NotTranslated where an option is given that nobody asked for */
  finish(): void;
}

/** A list of texts; a text is split at its commas. @throws NotTranslated for a list of something else */
function asWords(value: Code, name: string | undefined): Code {
  const { list, separator } = value.joins ?? {};
  if (list !== undefined && separator === ',' && known(itemOf(list)).type === 'text') return list;
  const shape = guess(value.shape, listOf(TEXT));
  if (shape.type === 'list') {
    guess(itemOf(value), TEXT);
    if (known(shape.item).type !== 'text') throw new NotTranslated(`${name} is no list of texts`);
    return asList(value);
  }
  const text = asText(value);
  if (typeof text.literal === 'string') return listCode(commaSeparated(text.literal).map(literal));
  if (known(text.shape).type === 'secret') throw new NotTranslated(`${name} is a secret`);
  return { code: `commaSeparated(${text.code})`, shape: listOf(TEXT), isAtom: true };
}

function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

export function createArguments(args: Readonly<Record<string, unknown>>, scope: Scope): ModuleArguments {
  const asked = new Set<string>();

  function raw(...names: readonly string[]): unknown {
    for (const name of names) asked.add(name);
    const name = names.find((candidate) => args[candidate] !== undefined && args[candidate] !== null);
    const value = name === undefined ? undefined : args[name];
    if (value === ENCRYPTED) throw new NotTranslated(`${name} is encrypted`, 'Make it a variable, and refer to that.');
    return value;
  }

  function code(...names: readonly string[]): Code | undefined {
    const value = raw(...names);
    return value === undefined ? undefined : translateValue(value, scope);
  }

  function text(...names: readonly string[]): Code | undefined {
    const found = code(...names);
    return found && asOptionalText(found);
  }

  function required(...names: readonly string[]): Code {
    const found = code(...names);
    if (found === undefined) throw new NotTranslated(`${names[0]} is not given`);
    return asText(found);
  }

  function fixed(...names: readonly string[]): string | undefined {
    const found = code(...names);
    if (found === undefined) return undefined;
    if (found.literal === undefined)
      throw new NotTranslated(`${names[0]} depends on a variable`, 'Write a resource for each case.');
    return String(found.literal);
  }

  return {
    has: (name) => args[name] !== undefined && args[name] !== null,
    code,
    raw,
    text,
    fixed,
    required,
    path(...names) {
      const found = text(...names);
      return found && tidyPath(found);
    },
    requiredPath: (...names) => tidyPath(required(...names)),
    list(...names) {
      const value = raw(...names);
      if (value === undefined) return undefined;
      const isWords = typeof value === 'string' && !value.includes('{{');
      const list = translateValue(isWords ? commaSeparated(value) : value, scope);
      if (!list.isOmittable) return asWords(list, names[0]);
      const { code: words } = asWords({ ...list, isOmittable: false, isOptional: false }, names[0]);
      if (words === list.code) return list;
      return {
        code: `${operand(list)} === undefined ? undefined : ${words}`,
        shape: listOf(TEXT),
        isOptional: true,
        isOmittable: true,
      };
    },
    flag(name, otherwise) {
      const found = fixed(name);
      if (found === undefined) return otherwise;
      const isOn = switchNow(found);
      if (isOn === undefined) throw new NotTranslated(`${name}: ${found} is neither true nor false`);
      return isOn;
    },
    boolean(name) {
      const found = code(name);
      if (found === undefined) return undefined;
      return found.isOmittable && guess(found.shape, BOOLEAN).type === 'boolean' ? found : toSwitch(found);
    },
    number(name) {
      const found = code(name);
      return found && toWhole(found, name);
    },
    isUnusual(name, usual) {
      const found = code(name);
      if (found?.literal === undefined || found.literal === null || usual === undefined) return found !== undefined;
      const given = String(found.literal);
      return (typeof usual === 'boolean' ? switchNow(given) : given) !== usual;
    },
    ignore(...names) {
      for (const name of names) asked.add(name);
    },
    finish() {
      const [unknown] = Object.keys(args).filter((name) => !asked.has(name) && args[name] !== null);
      if (unknown === undefined) return;
      throw new NotTranslated(
        unknown === '_raw'
          ? 'how its arguments are written is not understood'
          : `its option ${unknown} has no equivalent`,
      );
    },
  };
}
