import { EXIT, type ExitCode } from '../../errors.ts';
import { importRoles } from '../../import/import.ts';
import { isWhole, summaryLines } from '../../import/summary.ts';
import { printable } from '../../report/printable.ts';
import type { Options } from '../arguments/options.ts';
import { printLines } from '../print.ts';

/** `provision import PLAYBOOK|FOLDER`: a playbook or role of Ansible as a role of one's own. */
export async function execute(options: Options): Promise<ExitCode> {
  const { name, out: folder, force } = options;
  const [path = ''] = options.arguments;
  const roles = importRoles({ path, name, folder, force });
  printLines(summaryLines(roles).map((line) => printable(line)));
  return isWhole(roles) ? EXIT.ok : EXIT.drift;
}
