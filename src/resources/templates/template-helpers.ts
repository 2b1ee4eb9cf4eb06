/** What templates can do: few things besides Handlebars' own, for each is one more to learn; and those strictly. */
import Handlebars from 'handlebars';
import { Secret } from '../../shell/secret.ts';
import type { SecretMarks } from './secret-marks.ts';

/** What Handlebars hands to a helper after its arguments. */
interface HelperCall {
  readonly name: string;
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
}

export type TemplateHelper = (...args: unknown[]) => unknown;

/** A helper was called with what it cannot take. Line and column count from 1. */
export class HelperError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, { name, loc }: HelperCall) {
    super(`${name}: ${message}`);
    this.line = loc.start.line;
    this.column = loc.start.column + 1;
  }
}

export function templateHelpers(secrets: SecretMarks): Record<string, TemplateHelper> {
  return {
    each: strictBlock('each'),
    with: strictBlock('with'),
    lookup: helper(2, 2, ([container, key], call) => {
      const found =
        isContainer(container) && Object.hasOwn(container, String(key)) && Reflect.get(container, String(key));
      if (!isContainer(container) || found === false) throw new HelperError(`there is no ${String(key)} in it`, call);
      return found;
    }),
    /** Handlebars' own one writes to the terminal. */
    log: helper(0, Infinity, (_, call) => {
      throw new HelperError('is no helper here', call);
    }),

    /** `{{json value}}`, `{{json value 2}}`: a secret is escaped when its value is known. */
    json: helper(1, 2, ([value, blanks], call) => {
      const text = JSON.stringify(value, undefined, blanks === undefined ? 0 : natural(blanks, call));
      return secrets.replace(text, (secret) => Secret.escape(secret, (part) => JSON.stringify(part).slice(1, -1)));
    }),

    /** `{{#if (eq a b)}}` */
    eq: helper(2, 2, ([left, right], call) => {
      const isSecret = [left, right].some((value) => typeof value === 'string' && secrets.isMarked(value));
      // Its value may not be known yet, and the outcome would tell of it.
      if (isSecret) throw new HelperError('a secret cannot be compared', call);
      return left === right;
    }),

    /** `{{join list ", "}}` */
    join: helper(2, 2, ([list, separator], call) => {
      if (!Array.isArray(list)) throw new HelperError('takes a list and a text to put between', call);
      return list.map(String).join(String(separator));
    }),

    /** `{{indent text 4}}`: every line but the first, which stands where the template puts it. */
    indent: helper(2, 2, ([text, width], call) => {
      const blanks = ' '.repeat(natural(width, call));
      const indented = (part: string) => part.replaceAll(/\n(?!\n|$)/g, `\n${blanks}`);
      return secrets.replace(indented(String(text)), (secret) => Secret.escape(secret, indented));
    }),
  };
}

/** A block of Handlebars itself, which takes what is missing for something empty. `if` and `unless` may ask whether it is there. */
function strictBlock(name: 'each' | 'with'): TemplateHelper {
  const block = Handlebars.helpers[name] as unknown as TemplateHelper;
  return function (this: unknown, ...args: unknown[]) {
    const call = args.at(-1) as HelperCall;
    if (args.length === 2 && args[0] === undefined)
      throw new HelperError('is given a variable that is not defined', call);
    return block.apply(this, args);
  };
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Checks how many arguments there are, and that no variable among them is missing: Handlebars itself lets that pass. */
function helper(
  min: number,
  max: number,
  work: (values: readonly unknown[], call: HelperCall) => unknown,
): TemplateHelper {
  return (...args) => {
    const call = args.at(-1) as HelperCall;
    const values = args.slice(0, -1);
    if (values.length < min || values.length > max) {
      throw new HelperError(`takes ${min === max ? min : `${min} or ${max}`} values, not ${values.length}`, call);
    }
    const missing = values.indexOf(undefined);
    if (missing !== -1) throw new HelperError(`value ${missing + 1} is a variable that is not defined`, call);
    return work(values, call);
  };
}

function natural(value: unknown, call: HelperCall): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 80) return value;
  throw new HelperError('takes a number of blanks, 0 to 80', call);
}
