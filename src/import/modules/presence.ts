import { asText, type Code, operand } from '../code/code.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';

/** What `state: present` or `absent` says: undefined for what is to be there; code where a variable names it. */
export function presence(args: ModuleArguments): 'absent' | { readonly code: string } | undefined {
  const state = args.code('state');
  if (state === undefined) return undefined;
  if (state.literal === undefined) return { code: `presence(${presentByDefault(state)})` };
  if (state.literal === 'absent') return 'absent';
  if (state.literal === 'present') return undefined;
  throw new NotTranslated(`the state ${String(state.literal)} has no equivalent`);
}

function presentByDefault(state: Code): string {
  if (!state.isOmittable) return asText(state).code;
  return `${operand(state)} ?? 'present'`;
}
