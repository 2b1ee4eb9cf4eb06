/** Connects to each host: has its key confirmed, and shows what it found there. */
import { ProvisionError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import { surveyLines } from './host-survey.ts';
import type { HostToMeet, Meeting } from './meet-host.ts';
import { NAMED_VALUE, partsOf, SERVER } from './notations.ts';
import { BACK, type Back, type Prompter } from './prompter.ts';
import type { View } from './question.ts';

interface Tools {
  readonly prompter: Prompter;
  readonly meeting: Meeting;
}

/** @returns the pinned keys of all hosts, as `NAME=KEY` */
export async function askHostKeys(view: View, tools: Tools): Promise<readonly string[] | Back> {
  const pinned = view.many('hostKeys').map((entry) => partsOf(NAMED_VALUE, entry));
  const keys: string[] = [];
  for (const text of view.many('servers')) {
    const server = partsOf(SERVER, text);
    const host = { server, sshKey: view.one('sshKey'), sudoPassword: view.one('sudoPassword') };
    const known = pinned.filter(({ name }) => name === server.name).map(({ value = '' }) => value);
    const key = await meet(host, known[0], tools);
    if (key === BACK) return BACK;
    if (key !== '') keys.push(NAMED_VALUE.format({ name: server.name ?? '', value: key }));
  }
  return keys;
}

/** @returns the key to pin; empty: none */
async function meet(
  host: HostToMeet,
  pinned: string | undefined,
  { prompter, meeting }: Tools,
): Promise<string | Back> {
  const { address = '', name = '' } = host.server;
  let key = pinned ?? '';
  for (;;) {
    try {
      if (key === '') {
        const shown = await prompter.wait(`connecting to ${address}`, meeting.showKey(host));
        const confirmed = shown.isKnown || (await confirm(name, shown.fingerprint, prompter));
        if (confirmed === BACK) return BACK;
        if (!confirmed) return '';
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
      return key;
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      prompter.say([`! ${name}: ${error.message}`, ...(error.hint ? [`  ${error.hint}`] : [])].map(printable));
      const next = await prompter.choose({
        message: `${name} could not be looked at`,
        choices: [
          { value: 'again', name: 'try again' },
          { value: 'back', name: 'back, to change something' },
          { value: 'on', name: 'go on without' },
        ],
        default: 'again',
      });
      if (next === BACK || next === 'back') return BACK;
      if (next === 'on') return key;
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
