import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/cli/arguments/arguments.ts';
import { DEFAULTS } from '../../../src/cli/arguments/options.ts';
import { ProvisionError } from '../../../src/errors.ts';

/** Splits a command line at blanks; '' stands for an empty argument. */
function words(line: string): string[] {
  return line === '' ? [] : line.split(' ').map((word) => (word === "''" ? '' : word));
}

function failure(line: string): ProvisionError {
  try {
    parseCommandLine(words(line));
  } catch (error) {
    if (error instanceof ProvisionError) return error;
    throw error;
  }
  throw new Error(`accepted: ${line}`);
}

const PLAN = { ...DEFAULTS, inventory: ['p.yml'], diff: true };
const APPLY = { ...DEFAULTS, inventory: ['p.yml'] };

describe('parseCommandLine', () => {
  it.each([
    ['--inventory p.yml', 'apply', APPLY],
    ['apply --inventory=p.yml', 'apply', APPLY],
    ['-i p.yml apply', 'apply', APPLY],
    ['-ip.yml', 'apply', APPLY],
    ['plan -i p.yml', 'plan', PLAN],
    ['-i p.yml --check', 'plan', PLAN],
    ['apply -i p.yml --check --detailed-exitcode', 'plan', { ...PLAN, detailedExitcode: true }],
    ['plan -i p.yml --no-diff', 'plan', { ...PLAN, diff: false }],
    ['plan -i p.yml --no-diff --diff', 'plan', PLAN],
    ['-i p.yml --diff', 'apply', { ...APPLY, diff: true }],
    ['-i p.yml -l web*:!web3', 'apply', { ...APPLY, limit: 'web*:!web3' }],
    ['-i p.yml --shard 2/8', 'apply', { ...APPLY, shard: { number: 2, count: 8 } }],
    ['status -i p.yml --shard=8/8', 'status', { ...APPLY, shard: { number: 8, count: 8 } }],
    ['-i p.yml -r users --role haproxy', 'apply', { ...APPLY, roles: ['users', 'haproxy'] }],
    ['-i p.yml -f3', 'apply', { ...APPLY, forks: 3 }],
    ['-vyi p.yml', 'apply', { ...APPLY, verbose: true, yes: true }],
    ['-i p.yml --wait', 'apply', { ...APPLY, lockWaitMs: Number.POSITIVE_INFINITY }],
    ['-i p.yml --wait=30', 'apply', { ...APPLY, lockWaitMs: 30_000 }],
    ['-i p.yml --debug --json --no-color', 'apply', { ...APPLY, debug: true, json: true, noColor: true }],
    ['-i p.yml -i q', 'apply', { ...APPLY, inventory: ['p.yml', 'q'] }],
    ['-i p.yml -e a=1 --extra-vars @b', 'apply', { ...APPLY, extraVars: ['a=1', '@b'] }],
    ['-i=p.yml', 'apply', { ...APPLY, inventory: ['=p.yml'] }],
    ['-i p.yml --limit=-x', 'apply', { ...APPLY, limit: '-x' }],
    ['inventory host web1 -i p.yml', 'inventory', { ...APPLY, arguments: ['host', 'web1'] }],
    ['inventory -i p.yml --host web1', 'inventory', { ...APPLY, host: 'web1' }],
    ['explain stack.name -i p.yml --host web1', 'explain', { ...APPLY, host: 'web1', arguments: ['stack.name'] }],
    [
      '-i p.yml --vault-id prod@x --vault-id=y --vault-id prompt --ask-vault-password',
      'apply',
      { ...APPLY, vaultPasswordFiles: ['prod@x', 'y', 'default@prompt'], askVaultPass: true },
    ],
    ['docs host-locked', 'docs', { ...DEFAULTS, arguments: ['host-locked'] }],
    [
      'vault decrypt a b --output - --vault-password-file x --vault-password-file prod@y',
      'vault',
      {
        ...DEFAULTS,
        arguments: ['decrypt', 'a', 'b'],
        output: '-',
        vaultPasswordFiles: ['x', 'prod@y'],
      },
    ],
    ['', 'init', DEFAULTS],
    ['init -i p.yml -y', 'init', { ...APPLY, yes: true }],
    ['init --server a --server b --port 80', 'init', { ...DEFAULTS, answers: { servers: ['a', 'b'], port: '80' } }],
    ['init --redis', 'init', { ...DEFAULTS, answers: { redis: '' } }],
    ['init --redis=no', 'init', { ...DEFAULTS, answers: { redis: 'no' } }],
    ["init --migrate ''", 'init', { ...DEFAULTS, answers: { migrate: '' } }],
    ['help', 'help', DEFAULTS],
    ['help plan', 'help', { ...DEFAULTS, arguments: ['plan'] }],
    ['plan --help', 'help', { ...DEFAULTS, arguments: ['plan'] }],
    ['-h', 'help', DEFAULTS],
    ['redeploy -i p.yml --yes', 'redeploy', { ...APPLY, yes: true }],
    ['rollback -yi p.yml', 'rollback', { ...APPLY, yes: true }],
    ['status -i p.yml', 'status', APPLY],
    ['status -i p.yml --watch', 'status', { ...APPLY, watchMs: 5_000 }],
    ['status -i p.yml --watch=2 -f 3', 'status', { ...APPLY, watchMs: 2_000, forks: 3 }],
    ['logs -i p.yml', 'logs', APPLY],
    ['logs app haproxy -f -i p.yml', 'logs', { ...APPLY, follow: true, arguments: ['app', 'haproxy'] }],
    ['logs -i p.yml --tail all', 'logs', { ...APPLY, tail: Number.POSITIVE_INFINITY }],
    ['logs -i p.yml --tail 0', 'logs', { ...APPLY, tail: 0 }],
    ['logs -i p.yml --since 1h30m', 'logs', { ...APPLY, sinceS: 5_400 }],
    ['logs -i p.yml --since=2d', 'logs', { ...APPLY, sinceS: 172_800 }],
    ['exec -i p.yml -- ls -l --json', 'exec', { ...APPLY, arguments: ['ls', '-l', '--json'] }],
    [
      'exec --json --timeout 5 -i p.yml -- uptime',
      'exec',
      { ...APPLY, json: true, timeoutMs: 5_000, arguments: ['uptime'] },
    ],
    ['doctor', 'doctor', DEFAULTS],
    ['doctor -i p.yml', 'doctor', APPLY],
    ['version', 'version', DEFAULTS],
    ['--version', 'version', DEFAULTS],
  ])('%s', (line, command, options) => {
    expect(parseCommandLine(words(line))).toEqual({ command, options });
  });

  it.each([
    ['paln -i p.yml', 'there is no command "paln"', 'Did you mean plan?'],
    ['aplly', 'there is no command "aplly"', 'Did you mean apply?'],
    [
      'dance',
      'there is no command "dance"',
      'The commands are init, apply, plan, redeploy, rollback, releases, status, logs, exec, doctor, inventory, explain, docs, test, vault, import, report, completion, help, version.',
    ],
    [
      'prod.yml',
      'there is no command "prod.yml"',
      'An inventory is named by an option: provision --inventory prod.yml.',
    ],
    ['help aply', 'there is no command "aply"', 'Did you mean apply?'],
    ['--inventry p.yml', 'there is no option --inventry', 'Did you mean --inventory?'],
    ['-i p.yml --no-colour', 'there is no option --no-colour', 'Did you mean --no-color?'],
    ['plan -i p.yml --forc', 'there is no option --forc', 'Did you mean --forks?'],
    ['init --forc', 'there is no option --forc', 'Did you mean --force?'],
    ['plan -i p.yml --replicsa', 'there is no option --replicsa', 'See provision help plan for what it takes.'],
    ['-i p.yml --xyzzy', 'there is no option --xyzzy', 'See provision help for all of them.'],
    ['inventory --graph -i p.yml', 'there is no option --graph', 'Write it without dashes: provision inventory graph.'],
    [
      'inventory --list -i p.yml',
      'inventory does not take --list',
      'Write it without dashes: provision inventory list.',
    ],
    ['-i p.yml -x', 'there is no option -x', 'See provision help for all of them.'],
    ['plan -i p.yml --yes', 'plan does not take --yes', 'See provision help plan for what it takes.'],
    ['plan', 'no inventory is given', 'Say which: provision plan --inventory prod.yml.'],
    ['--json', 'no inventory is given', 'Say which: provision apply --inventory prod.yml.'],
    ['explain -i p.yml', 'explain needs VARIABLE', 'See provision help explain for what it takes.'],
    ['plan prod.yml', 'plan takes no argument, but there is "prod.yml"', 'Write --inventory prod.yml.'],
    ['plan -i p.yml web1', 'plan takes no argument, but there is "web1"', 'See provision help plan for what it takes.'],
    [
      'exec -i p.yml uptime',
      'exec takes its command after --, but there is "uptime" before',
      'Write provision exec --inventory FILE -- uptime.',
    ],
    [
      'exec -i p.yml uname -a',
      'exec takes its command after --, but there is "uname" before',
      'Write provision exec --inventory FILE -- uname -a.',
    ],
    ['exec -a -i p.yml -- uname', 'there is no option -a', 'See provision help exec for what it takes.'],
    ['exec -i p.yml --', 'exec needs -- COMMAND...', 'See provision help exec for what it takes.'],
    ['exec -- uptime', 'no inventory is given', 'Say which: provision exec --inventory prod.yml.'],
    [
      'logs -i p.yml --since yesterday',
      '--since needs a duration or a time that is past, not "yesterday"',
      'For example --since=10m, --since=2h30m or --since=2026-11-21T10:00.',
    ],
    [
      'logs -i p.yml --since 9999-01-01',
      '--since needs a duration or a time that is past, not "9999-01-01"',
      'For example --since=10m, --since=2h30m or --since=2026-11-21T10:00.',
    ],
    ['logs -i p.yml --timeout 3', 'logs does not take --timeout', 'See provision help logs for what it takes.'],
    ['-i a.yml -l a -l b', '-l is given twice', 'Give it once.'],
    ['-i p.yml --limit --json', '--limit needs a value', 'Write --limit=PATTERN.'],
    ["-i p.yml --limit ''", '--limit needs a value', 'Write --limit=PATTERN.'],
    ['-i p.yml --limit=', '--limit needs a value', 'Write --limit=PATTERN.'],
    ['-i', '-i needs a value', 'Write -i FILE.'],
    ['-i p.yml --yes=no', '--yes takes no value', 'Write --yes alone.'],
    ['-i p.yml --forks 0', '--forks needs a whole number from 1 to 1000, not "0"', 'For example --forks=5.'],
    ['-i p.yml --forks 2.5', '--forks needs a whole number from 1 to 1000, not "2.5"', 'For example --forks=5.'],
    ...['0/2', '3/2', '2', '1/2/3', '-1/2', '1.5/2', 'a/b', '1/1001'].map((value) => [
      `-i p.yml --shard=${value}`,
      `--shard needs K/N, with K from 1 to N and N at most 1000, not "${value}"`,
      'For example --shard 1/2 in one job, and --shard 2/2 in the other.',
    ]),
    ...['redeploy', 'rollback'].map((command) => [
      `${command} -i p.yml --shard 1/2`,
      `${command} does not take --shard`,
      expect.stringMatching(/^Jobs side by side know nothing of each other, and could stop all replicas/),
    ]),
    ['-i p.yml --wait=soon', '--wait needs a whole number from 0 to 86400, not "soon"', 'For example --wait=5.'],
  ])('%s: %s', (line, message, hint) => {
    const error = failure(line);
    expect({ message: error.message, hint: error.hint, code: error.code }).toEqual({ message, hint, code: 'usage' });
  });
});
