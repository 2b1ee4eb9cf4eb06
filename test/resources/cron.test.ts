import { describe, expect, it } from 'vitest';
import { ProvisionError } from '../../src/errors.ts';
import { type CronInput, cron } from '../../src/resources/cron.ts';
import { scheduleProblem } from '../../src/resources/cron-schedule.ts';
import type { File } from '../../src/resources/file.ts';

const daily = { name: 'backup', schedule: '@daily', command: 'true' } as const;

function written(job: Partial<CronInput>): string {
  return String((cron({ ...daily, ...job }).desired as File).content);
}

describe('cron', () => {
  it('is a file in /etc/cron.d', () => {
    expect(cron(daily)).toMatchObject({
      id: 'file:/etc/cron.d/backup',
      desired: { path: '/etc/cron.d/backup', content: '@daily root true\n', owner: 'root', mode: '0644' },
    });
    expect(cron({ name: 'backup', state: 'absent' }).desired).toMatchObject({ state: 'absent' });
  });

  it.each([
    [{ user: 'app', schedule: '*/5 * * * *' }, '*/5 * * * * app true\n'],
    [{ command: 'date +%F >x' }, '@daily root date +\\%F >x\n'],
    [{ command: "printf 'a\\tb\\\\n' 50\\%" }, "@daily root printf 'a\\\\tb\\\\\\\\n' 50\\\\\\%\n"],
    [
      { environment: { MAILTO: '', PATH: '/bin:/usr/bin', SAY: 'a "b" ', QUOTE: "it's" } },
      'MAILTO=""\nPATH="/bin:/usr/bin"\nSAY=\'a "b" \'\nQUOTE="it\'s"\n@daily root true\n',
    ],
  ])('writes %j', (job, content) => {
    expect(written(job)).toBe(content);
  });

  it.each<[Partial<CronInput>, string]>([
    [{ name: 'a.b' }, 'cron: name: must be a name that cron reads'],
    [{ name: '../passwd' }, 'cron: name: '],
    [{ command: 'true\n* * * * * root evil' }, 'cron: command: must be one line'],
    [{ command: ' ' }, 'cron: command: must not be empty'],
    [{ user: 'root evil' }, 'cron: user: '],
    [{ schedule: '* * * * * root' }, 'cron: schedule: must be five fields'],
    [{ environment: { 'A=B': 'x' } }, 'cron: environment'],
    [{ environment: { A: `'"` } }, 'cron: environment.A: must not hold both'],
    [{ command: undefined }, 'cron: schedule and command must be given'],
  ])('refuses %j', (job, message) => {
    expect(() => cron({ ...daily, ...job } as CronInput)).toThrow(message);
    expect(() => cron({ ...daily, ...job } as CronInput)).toThrow(ProvisionError);
  });
});

describe('schedule', () => {
  it.each([
    '@daily',
    '@reboot',
    '* * * * *',
    '*/15 0-6,20-23 1 jan-mar,12 mon-fri',
    '0 0 31 12 7',
    '0 0 * * sun',
    '59 23 1-31/2 * *',
  ])('takes %j', (schedule) => {
    expect(scheduleProblem(schedule)).toBeUndefined();
  });

  it.each([
    ['@often', '"@often" is none of @reboot, @hourly, @daily, @weekly, @monthly, @yearly'],
    ['', 'must be five fields with one blank between, or @daily and the like'],
    ['* * * *', 'must be five fields with one blank between, or @daily and the like'],
    ['*  * * * *', 'must be five fields with one blank between, or @daily and the like'],
    ['60 * * * *', '"60" is no minute (0 to 59)'],
    ['* 24 * * *', '"24" is no hour (0 to 23)'],
    ['* * 0 * *', '"0" is no day of month (1 to 31)'],
    ['* * * 13 *', '"13" is no month (1 to 12)'],
    ['* * * * 8', '"8" is no day of week (0 to 7)'],
    ['* * * * january', '"january" is no day of week (0 to 7)'],
    ['5-1 * * * *', '"5-1" is no minute (0 to 59)'],
    ['*/0 * * * *', '"*/0" is no minute (0 to 59)'],
    ['1, * * * *', '"1," is no minute (0 to 59)'],
    ['1-2-3 * * * *', '"1-2-3" is no minute (0 to 59)'],
    ['-1 * * * *', '"-1" is no minute (0 to 59)'],
    ['5/2 * * * *', '"5/2" is no minute (0 to 59)'],
  ])('refuses %j', (schedule, problem) => {
    expect(scheduleProblem(schedule)).toBe(problem);
  });
});
