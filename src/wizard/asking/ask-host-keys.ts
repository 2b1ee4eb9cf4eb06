/** Connects to each host: has its key confirmed, and shows what it found there. */
import { type ErrorCode, ProvisionError } from '../../errors.ts';
import { printable } from '../../report/printable.ts';
import { surveyLines } from '../host-survey.ts';
import type { HostToMeet, Meeting } from '../meet-host.ts';
import { NAMED_VALUE, partsOf, SERVER } from '../notations.ts';
import type { Detour, View } from '../question.ts';
import { BACK, type Back, type Prompter, WentBack } from './prompter.ts';

interface Tools {
  readonly prompter: Prompter;
  readonly meeting: Meeting;
}

/** Another answer that may help where a host cannot be looked at, by the code of the error. */
const REMEDIES: Partial<Record<ErrorCode, { readonly first: string; readonly name: string }>> = {
  'authentication-failed': { first: 'loginPassword', name: 'log in with a password' },
  'become-password-missing': { first: 'sudoPassword', name: 'give a password for sudo' },
  'become-password-wrong': { first: 'sudoPassword', name: 'give another password for sudo' },
};

/**
 * Of many hosts only those are met that are new or have changed; the others can be chosen.
 * @param earlier where hosts were met before: what was answered then
 * @returns the pinned keys of all hosts, as `NAME=KEY`
 */
export async function askHostKeys(
  view: View,
  tools: Tools,
  keep: (soFar: readonly string[]) => void,
  earlier?: View,
): Promise<readonly string[] | Back | Detour> {
  const servers = view.many('servers');
  const keys = new Map(view.many('hostKeys').map((entry) => pinnedKey(entry)));
  const pinned = () =>
    servers.flatMap((text) => {
      const { name = '' } = partsOf(SERVER, text);
      const value = keys.get(name);
      return value ? [NAMED_VALUE.format({ name, value })] : [];
    });

  async function meetOne(text: string): Promise<Back | Detour | undefined> {
    const server = partsOf(SERVER, text);
    const host = {
      server,
      sshKey: view.one('sshKey'),
      loginPassword: view.one('loginPassword'),
      sudoPassword: view.one('sudoPassword'),
    };
    const met = await meet(host, keys.get(server.name ?? '') ?? '', tools);
    if (met === BACK) return BACK;
    keys.set(server.name ?? '', met.key);
    keep(pinned());
    return met.first === undefined ? undefined : { first: met.first, meanwhile: pinned() };
  }

  const mayChoose = earlier !== undefined && servers.length > 1;
  const known = mayChoose ? earlier.many('servers') : [];
  for (const server of servers.filter((text) => !known.includes(text))) {
    const left = await meetOne(server);
    if (left !== undefined) return left;
  }
  while (mayChoose) {
    const mark = tools.prompter.mark();
    const chosen = await chooseHost(servers, tools.prompter);
    if (chosen === BACK) return BACK;
    if (chosen === '') break;
    for (const server of chosen === ALL ? servers : [chosen]) {
      const left = await meetOne(server);
      if (left !== undefined && left !== BACK) return left;
      if (left === undefined) continue;
      tools.prompter.rewind(mark);
      break;
    }
  }
  return pinned();
}

/** No server is written so. */
const ALL = 'all';

/** @returns empty: none */
function chooseHost(servers: readonly string[], prompter: Prompter): Promise<string | Back> {
  return prompter.choose({
    message: 'Connect to a host, to see whether it lets you in?',
    choices: [
      { value: '', name: 'go on' },
      { value: ALL, name: `connect to all ${servers.length}, one after the other` },
      ...servers.map((value) => ({ value, name: `connect to ${value}` })),
    ],
    default: '',
  });
}

function pinnedKey(entry: string): readonly [name: string, key: string] {
  const { name = '', value = '' } = partsOf(NAMED_VALUE, entry);
  return [name, value];
}

interface Met {
  /** To pin; empty: none. */
  readonly key: string;
  /** The question to answer before it is met again. */
  readonly first?: string;
}

async function meet(host: HostToMeet, pinned: string, { prompter, meeting }: Tools): Promise<Met | Back> {
  const { address = '', name = '' } = host.server;
  let key = pinned;
  for (;;) {
    try {
      if (key === '') {
        const shown = await prompter.wait(`connecting to ${address}`, meeting.showKey(host));
        const confirmed = shown.isKnown || (await confirm(name, shown.fingerprint, prompter));
        if (confirmed === BACK) return BACK;
        if (!confirmed) return { key: '' };
        if (shown.isKnown) prompter.say([`${name} shows the key that is known: ${shown.fingerprint}`]);
        key = shown.key;
      }
      const survey = await prompter.wait(`looking at ${name}`, meeting.survey(host, key));
      const { found, warnings } = surveyLines(survey);
      prompter.say([
        `${name}: ${found[0]}`,
        ...found.slice(1).map((line) => `  ${line}`),
        ...warnings.map((line) => `! ${line}`),
      ]);
      return { key };
    } catch (error) {
      if (error instanceof WentBack) return BACK;
      if (!(error instanceof ProvisionError)) throw error;
      prompter.say([`! ${name}: ${error.message}`, ...(error.hint ? [`  ${error.hint}`] : [])].map(printable));
      const remedy = REMEDIES[error.code];
      const isOther = error.code === 'host-key-changed' && key !== '';
      const next = await prompter.choose({
        message: `${name} could not be looked at`,
        choices: [
          ...(remedy ? [{ value: 'remedy', name: remedy.name }] : []),
          { value: 'again', name: 'try again' },
          ...(isOther ? [{ value: 'other', name: 'it is another machine, or set up anew: show its key' }] : []),
          { value: 'back', name: 'back, to change something' },
          { value: 'on', name: 'go on without' },
        ],
        default: remedy ? 'remedy' : 'again',
      });
      if (next === BACK || next === 'back') return BACK;
      if (next === 'on') return { key };
      if (next === 'other') key = '';
      if (next === 'remedy' && remedy) return { key, first: remedy.first };
    }
  }
}

export async function confirm(name: string, fingerprint: string, prompter: Prompter): Promise<boolean | Back> {
  prompter.say([
    `${name} shows the host key ${fingerprint}`,
    '  Compare it with what your provider shows, or on the host itself:',
    '  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub',
  ]);
  const answer = await prompter.choose({
    message: `Is that the key of ${name}?`,
    choices: [
      { value: 'yes', name: 'yes: write it down, and accept no other' },
      { value: 'no', name: 'no, or I cannot tell: do not connect' },
    ],
    default: 'yes',
  });
  return answer === BACK ? BACK : answer === 'yes';
}
