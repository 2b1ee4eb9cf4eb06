import { expect, it, vi } from 'vitest';
import { tellIgnored } from '../../src/cli/ignored-variables.ts';

it('tells each variable that is passed over once, however often the hosts are read', () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  tellIgnored([{ ignored: [] }]);
  tellIgnored([{ ignored: ['ansible_python_interpreter'] }, { ignored: ['ansible_python_interpreter'] }]);
  tellIgnored([{ ignored: ['ansible_python_interpreter', 'ansible_pipelining', 'ansible_remote_tmp'] }]);
  write.mockRestore();
  expect(lines).toEqual([
    'note: ansible_python_interpreter means nothing here, and is passed over\n',
    'note: ansible_pipelining, ansible_remote_tmp mean nothing here, and are passed over\n',
  ]);
});
