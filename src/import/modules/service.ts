import { asText, type Code } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { NotTranslated } from '../not-translated.ts';
import type { ModuleArguments } from './arguments.ts';
import type { Module, ModuleContext } from './module.ts';
import { leaveOut, type Option } from './options.ts';

const STATES: Readonly<Record<string, string>> = { started: "'running'", stopped: "'stopped'" };
const VERBS: Readonly<Record<string, string>> = { restarted: 'restartService', reloaded: 'reloadService' };

export const service: Module = {
  names: ['service', 'systemd', 'systemd_service', 'sysvinit'],
  translate(args, context) {
    const { scope } = context;
    const name = read(args, context);
    const given = args.code('state');
    const state = given?.literal === undefined ? undefined : args.fixed('state');
    if (state !== undefined && state in VERBS) {
      throw new NotTranslated(
        `the service is ${state} at each run`,
        'Make it a handler of what changes its configuration.',
      );
    }
    const enabled = args.boolean('enabled');
    if (name === undefined) return { resources: [] };
    const masks = masking(args, name, context);
    if (given === undefined && enabled === undefined) return { resources: masks };
    scope.need('service');
    const fields = object([
      ['name', name.code],
      ['state', stateOf(given)],
      ['enabled', enabled?.code],
    ]);
    return { resources: [...masks, call('service', fields)] };
  },

  handler(args, context): Doc {
    const { scope } = context;
    const name = read(args, context);
    const state = args.fixed('state');
    leaveOut(args, context, [['enabled', undefined, 'a handler does not enable it', 'Say it in a task.']]);
    if (name === undefined) {
      if (!args.flag('daemon_reload', false)) throw new NotTranslated('it names no service');
      scope.need('sh');
      return object([
        ['id', "'systemctl daemon-reload'"],
        ['script', 'sh`systemctl daemon-reload`'],
      ]);
    }
    const verb = VERBS[state ?? ''];
    if (verb === undefined) throw new NotTranslated('it neither restarts nor reloads a service', 'Make it a task.');
    scope.need(verb);
    return call(verb, name.code);
  },
};

/** A command that masks a unit, or takes that away, as Ansible does before anything else. */
function masking(args: ModuleArguments, name: Code, { scope, label }: ModuleContext): readonly Doc[] {
  if (!args.has('masked')) return [];
  const isMasked = args.flag('masked', false);
  if (isMasked && args.has('enabled')) throw new NotTranslated('a unit that is masked cannot be enabled or disabled');
  scope.need('command');
  const fields = object([
    ['name', label.code],
    ['argv', `['systemctl', '${isMasked ? 'mask' : 'unmask'}', ${name.code}]`],
    ['unless', `${isMasked ? 'isMasked' : 'isNotMasked'}(${name.code})`],
  ]);
  return [call('command', fields)];
}

/** One that a variable names shows when the role runs. */
function stateOf(given: Code | undefined): Doc | undefined {
  if (given === undefined) return undefined;
  if (typeof given.literal !== 'string') return `serviceState(${asText(given).code})`;
  const state = STATES[given.literal];
  if (state === undefined) throw new NotTranslated(`the state ${given.literal} of a service has no equivalent`);
  return state;
}

/** Of inits that are not systemd: with that Ansible passes over them as well. */
const OF_OTHERS = 'it counts only where the init is not systemd';

const LEFT_OUT: readonly Option[] = [
  ['daemon_reexec', false, 'systemd itself is not started anew'],
  ['use', 'auto', 'which init there is shows on the host'],
  ['sleep', undefined, OF_OTHERS],
  ['pattern', undefined, OF_OTHERS],
  ['arguments', undefined, OF_OTHERS],
  ['args', undefined, OF_OTHERS],
  ['runlevel', 'default', OF_OTHERS],
  ['force', false, 'links that stand in the way of enabling it are not replaced'],
];

function read(args: ModuleArguments, context: ModuleContext): Code | undefined {
  // systemdUnit sees to it that systemd knows a unit, and a run waits for what it starts.
  args.ignore('daemon_reload', 'no_block');
  leaveOut(args, context, LEFT_OUT);
  const scope = args.fixed('scope');
  if (scope !== undefined && scope !== 'system') throw new NotTranslated('it is a service of a user');
  const name = args.code('name', 'service', 'unit');
  return name && asText(name);
}
