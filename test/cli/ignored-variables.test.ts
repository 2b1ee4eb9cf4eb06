import { expect, it, vi } from 'vitest';
import { tellIgnored } from '../../src/cli/ignored-variables.ts';

it('tells each variable that is passed over once, however often the hosts are read', () => {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const left = [{ name: 'ips', location: 'prod.yml:3:5', reason: 'the filter map is not supported' }];
  tellIgnored([{ ignored: [], left: [] }]);
  tellIgnored([
    { ignored: ['ansible_python_interpreter'], left: [] },
    { ignored: ['ansible_python_interpreter'], left: [] },
  ]);
  tellIgnored([{ ignored: ['ansible_python_interpreter', 'ansible_pipelining', 'ansible_remote_tmp'], left }]);
  tellIgnored([{ ignored: [], left }]);
  write.mockRestore();
  expect(lines).toEqual([
    'note: ansible_python_interpreter means nothing here, and is passed over\n',
    'note: ansible_pipelining, ansible_remote_tmp mean nothing here, and are passed over\n',
    'note: ips (prod.yml:3:5) cannot be resolved, and no role reads it: the filter map is not supported\n',
  ]);
});
