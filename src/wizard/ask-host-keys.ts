/** Connects to each host: has its key confirmed, and shows what it found there. */
import { type ErrorCode, ProvisionError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import { surveyLines } from './host-survey.ts';
import type { HostToMeet, Meeting } from './meet-host.ts';
import { NAMED_VALUE, partsOf, SERVER } from './notations.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';
import type { Detour, View } from './question.ts';

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

/** @returns the pinned keys of all hosts, as `NAME=KEY` */
export async function askHostKeys(
  view: View,
  tools: Tools,
  keep: (soFar: readonly string[]) => void,
): Promise<readonly string[] | Back | Detour> {
  const servers = view.many('servers').map((text) => partsOf(SERVER, text));
  const keys = new Map(view.many('hostKeys').map((entry) => pinnedKey(entry)));
  const pinned = () =>
    servers.flatMap(({ name = '' }) => {
      const value = keys.get(name);
      return value ? [NAMED_VALUE.format({ name, value })] : [];
    });
  for (const server of servers) {
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
    if (met.first !== undefined) return { first: met.first, meanwhile: pinned() };
  }
  return pinned();
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
      if (!(error instanceof ProvisionError)) throw error;
      prompter.say([`! ${name}: ${error.message}`, ...(error.hint ? [`  ${error.hint}`] : [])].map(printable));
      const remedy = REMEDIES[error.code];
      const next = await prompter.choose({
        message: `${name} could not be looked at`,
        choices: [
          ...(remedy ? [{ value: 'remedy', name: remedy.name }] : []),
          { value: 'again', name: 'try again' },
          { value: 'back', name: 'back, to change something' },
          { value: 'on', name: 'go on without' },
        ],
        default: remedy ? 'remedy' : 'again',
      });
      if (next === BACK || next === 'back') return BACK;
      if (next === 'on') return { key };
      if (next === 'remedy' && remedy) return { key, first: remedy.first };
    }
  }
}

async function confirm(name: string, fingerprint: string, prompter: Prompter): Promise<boolean | Back> {
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
