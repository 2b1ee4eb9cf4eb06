import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { renderScript } from '../../src/shell/sh.ts';
import { parseSurvey, SURVEY_PROBE, surveyLines } from '../../src/wizard/host-survey.ts';
import { SURVEY } from './setting.ts';

const OUTPUT = `os=Debian GNU/Linux 13 (trixie)
machine=x86_64
processors=2
memoryKb=4194304
diskKb=41943040
diskFreeKb=39845888
apt=yes
listens=0.0.0.0:22 users:(("sshd",pid=1,fd=3))
listens=[::]:22 users:(("sshd",pid=1,fd=4))
listens=127.0.0.1:5432 users:(("postgres",pid=2,fd=3))
listens=[::1]:25 users:(("master",pid=3,fd=3))
`;

describe('the survey of a host', () => {
  it('reads what the host says', () => {
    expect(parseSurvey(OUTPUT)).toEqual(SURVEY);
  });

  it('shows it', () => {
    expect(surveyLines(SURVEY)).toEqual({
      found: [
        'Debian GNU/Linux 13 (trixie), x86_64, 2 CPUs',
        '4.0 GB of memory; disk 40 GB, of which 38 GB are free',
        'Docker is not installed yet: it will be',
        'in use: port 22 sshd',
      ],
      warnings: [],
    });
  });

  it('warns of what will be in the way', () => {
    const ports = [
      { port: 80, program: 'nginx' },
      { port: 443, program: 'haproxy' },
    ];
    const { warnings } = surveyLines({ ...SURVEY, ports, hasApt: false, memoryBytes: 2 ** 29, diskFreeBytes: 2 ** 30 });
    expect(warnings).toEqual([
      'it has no apt: only Debian, Ubuntu and their kin are supported so far',
      'that is little memory for containers and a database',
      'that is little room for images',
      'port 80 is taken by nginx: stop that, or the load balancer cannot start',
    ]);
  });

  it('shows no control characters of a host', () => {
    expect(surveyLines(parseSurvey('os=\u001b[2Jowned\n')).found[0]).toContain('\\x1b[2Jowned');
  });

  it.each(['sh', 'bash'])('asks in a way that %s understands', (shell) => {
    const output = execFileSync(shell, ['-c', renderScript(SURVEY_PROBE).text], { encoding: 'utf8' });
    expect(parseSurvey(output).memoryBytes).toBeGreaterThan(0);
    expect(parseSurvey(output).diskBytes).toBeGreaterThan(0);
  });
});
