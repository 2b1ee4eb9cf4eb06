/** Owner, group and mode, as many modules take them. */
import { type Code, literal } from '../code.ts';
import type { Doc } from '../layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';

/** Fields of a resource. */
export function permissions(args: ModuleArguments): readonly (readonly [string, Doc | undefined])[] {
  args.ignore('seuser', 'serole', 'setype', 'selevel', 'unsafe_writes');
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
  const value = args.raw('mode');
  // YAML has read 0644 as an octal number.
  if (typeof value === 'number') return literal(`0${value.toString(8)}`).code;
  if (value === 'preserve')
    throw new NotTranslated('mode: preserve depends on a file of this machine', 'Write the mode.');
  if (typeof value === 'string' && /^[^{]*[-+=]/.test(value)) return literal(fromSymbols(value)).code;
  return args.text('mode')?.code;
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
