import { describe, expect, it } from 'vitest';
import { eachLine } from '../../src/shell/each-line.ts';
import { sh } from '../../src/shell/sh.ts';
import { runScript } from '../resources/local-target.ts';
import { shells } from '../resources/shells.ts';

describe.each(shells())('a loop over lines in %s', (_, options) => {
  const lines = async (printed: string, commands = sh`printf '<%s>' "$line"`) =>
    (await runScript(sh`${eachLine(sh`printf '%s' ${printed}`, commands)}`, options)).stdout;

  it.each([
    ['', ''],
    ['one', '<one>'],
    ['one\n\ntwo\n', '<one><two>'],
    ['  blanks \tin\t it \n', '<  blanks \tin\t it >'],
    ['/*\n*\n[a-z]?\n', '</*><*><[a-z]?>'],
    ['back\\slash \\n "quote\' $x\n', '<back\\slash \\n "quote\' $x>'],
  ])('%j', async (printed, expected) => {
    expect(await lines(printed)).toBe(expected);
  });

  it('leaves the shell to the commands as it was', async () => {
    const commands = sh`
      set -- $line
      cd /usr && set -- "$@" b*n
      printf '%s,' "$@"
    `;
    expect(await lines('a b\nc\n', commands)).toBe('a,b,bin,c,bin,');
  });
});
