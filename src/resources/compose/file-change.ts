/** What somebody has changed in a compose.yml. Pure. */

import { hideSecrets } from '../content-change.ts';
import type { Change } from '../contract.ts';
import type { ComposeProject } from './project.ts';

export interface ChangedFile {
  readonly is: string;
  /** What its parts on the host come to. */
  readonly due: string;
}

/** These keys of a service hold no secret. */
const OPEN_KEYS = 'image|container_name|restart|user|read_only|mem_limit';
/** Lines of a compose file that hold none: names of services and volumes, such a key, any key without a value, remarks of mere words. */
const OPEN_LINES = [
  '(services|volumes):( \\{\\})?$',
  ' {2}[\\w.-]+:( \\{\\})?$',
  ` {4}(${OPEN_KEYS}): `,
  ' {4,}[\\w-]+:$',
  '#[^:=]*$',
  '$',
];
/** All others: what was in them before may be secret, whatever is in them now. */
export const SECRET_LINES = new RegExp(`^(?!${OPEN_LINES.join('|')})`);

/** @param output lines that begin with `is ` and `due ` */
export function readChanged(output: string): ChangedFile | undefined {
  const lines = output.split('\n');
  const linesOf = (mark: string) =>
    lines.flatMap((line) => (line.startsWith(mark) ? [`${line.slice(mark.length)}\n`] : [])).join('');
  const due = linesOf('due ');
  return due === '' ? undefined : { is: linesOf('is '), due };
}

/** Shows what no secret can be in, and what the parts of the file hold by now. */
export function fileChange({ definitions }: Pick<ComposeProject, 'definitions'>, { is, due }: ChangedFile): Change {
  const change = { action: 'update', what: 'compose.yml' } as const;
  const [before, after] = [is, due].map((text) => hideSecrets(text, definitions, SECRET_LINES));
  if (before === undefined || after === undefined || before === after) {
    return { ...change, from: 'changed by hand', to: 'as its services want it' };
  }
  return { ...change, text: { before, after } };
}
