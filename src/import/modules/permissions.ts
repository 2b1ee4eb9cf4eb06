/** Owner, group and mode, as many modules take them. */
import { asText, type Code, literal, operand } from '../code/code.ts';
import type { Doc } from '../code/layout.ts';
import { guess, known, type Shape } from '../code/shapes.ts';
import { hasJinja } from '../jinja/jinja.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { ModuleContext } from './module.ts';
import { leaveOut, OF_FILES } from './options.ts';

/** Fields of a resource. */
export function permissions(
  args: ModuleArguments,
  context: ModuleContext,
): readonly (readonly [string, Doc | undefined])[] {
  args.ignore('unsafe_writes');
  leaveOut(args, context, OF_FILES);
  return [
    ['owner', account(args.text('owner'))],
    ['group', account(args.text('group'))],
    ['mode', mode(args)],
  ];
}

/** A number where Ansible takes one for a name. */
function account(code: Code | undefined): Doc | undefined {
  if (typeof code?.literal === 'string' && /^\d+$/.test(code.literal)) return code.literal;
  return code?.code;
}

function mode(args: ModuleArguments): Doc | undefined {
  if (args.raw('mode') === 'preserve')
    throw new NotTranslated('mode: preserve depends on a file of this machine', 'Write the mode.');
  const value = args.code('mode');
  if (value === undefined) return undefined;
  // YAML has read 0644 as an octal number.
  if (typeof value.literal === 'number') return literal(value.literal.toString(8).padStart(4, '0')).code;
  if (typeof value.literal === 'string') return literal(fromText(value.literal)).code;
  guess(value.shape, MODE);
  checkText(value);
  checkDigits(value);
  return value.isOmittable
    ? `${operand(value)} === undefined ? undefined : octalMode(${value.code})`
    : octalMode(value);
}

/** What nothing sets may be either where the inventory sets it. */
const MODE: Shape = { type: 'scalar' };

function octalMode(value: Code): string {
  return `octalMode(${value.isOptional ? asText(value).code : value.code})`;
}

function checkText({ shape }: Code): void {
  if (['list', 'map', 'secret'].includes(known(shape).type)) throw new NotTranslated('mode is no text');
}

/** What is known of a variable, as the items of a loop, must be digits: they are not computed of symbols when the role runs. */
function checkDigits({ samples = [] }: Code): void {
  const symbols = samples.find((sample) => typeof sample === 'string' && /[-+=]/.test(sample));
  if (symbols === undefined || hasJinja(String(symbols))) return;
  throw new NotTranslated(`the mode ${String(symbols)} stands in a variable`, 'Write it there as octal digits.');
}

/** Of five digits the first is a zero, which says nothing. */
function fromText(mode: string): string {
  return /[-+=]/.test(mode) ? fromSymbols(mode) : mode.replace(/^0(?=\d{4}$)/, '');
}

const CLASSES = ['u', 'g', 'o'] as const;
const BITS: Readonly<Record<string, number>> = { r: 4, w: 2, x: 1 };

/** `u=rw,g=r,o=`: only where all three are said it does not depend on what was there before. */
function fromSymbols(value: string): string {
  const digits: Record<string, number> = {};
  for (const clause of value.split(',')) {
    const [, who = '', bits = ''] = /^([ugoa]+)=([rwx]*)$/.exec(clause) ?? [];
    if (who === '')
      throw new NotTranslated(`the mode ${value} depends on what was there before`, 'Write it as octal digits.');
    const digit = [...new Set(bits)].reduce((sum, bit) => sum + (BITS[bit] ?? 0), 0);
    for (const name of who.includes('a') ? CLASSES : who) digits[name] = digit;
  }
  if (CLASSES.some((name) => digits[name] === undefined)) {
    throw new NotTranslated(`the mode ${value} depends on what was there before`, 'Write it as octal digits.');
  }
  return `0${CLASSES.map((name) => digits[name]).join('')}`;
}
