/** What tests of the wizard need: a folder of its own, and somebody who answers. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tools } from '../../src/wizard/asking/ask.ts';
import {
  BACK,
  type Back,
  type ChoicePrompt,
  type Prompter,
  type TextPrompt,
} from '../../src/wizard/asking/prompter.ts';
import { createCheck } from '../../src/wizard/checks.ts';
import type { Survey } from '../../src/wizard/host-survey.ts';

export const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhPd7qHzXBp41QIhXz8HUBq6QjuyGanfXYVPzn9kM6w alice@laptop';
export const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEBTg8KKBP/VbPH+VAYLqhGjCBoGBqNPj63BbTFP3Bov';

export const SURVEY: Survey = {
  os: 'Debian GNU/Linux 13 (trixie)',
  machine: 'x86_64',
  processors: 2,
  memoryBytes: 4 * 1024 ** 3,
  diskBytes: 40 * 1024 ** 3,
  diskFreeBytes: 38 * 1024 ** 3,
  docker: undefined,
  hasApt: true,
  ports: [{ port: 22, program: 'sshd' }],
};

/** No wizard asks so much: it goes in circles. */
const MOST_QUESTIONS = 300;

/** A new folder with these files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'provision-wizard-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** What is answered to the first question whose message holds the text. `undefined` as an answer: Enter. */
export type Script = readonly (readonly [message: string, answer: string | Back | undefined])[];

export interface FakePrompter extends Prompter {
  /** All questions that were asked. */
  readonly asked: readonly string[];
  readonly said: readonly string[];
  /** Answers of the script that no question took. */
  left(): Script;
}

/**
 * Answers by a script, each entry once, and takes what is offered otherwise. A text that the check refuses fails the test;
 * so does an answer that is not offered.
 */
export function fakePrompter(script: Script = []): FakePrompter {
  const left = [...script];
  const asked: string[] = [];
  const said: string[] = [];

  function next(message: string, preset: string): string | Back {
    asked.push(message);
    if (asked.length > MOST_QUESTIONS) throw new Error(`it asks for ever: ${asked.slice(-5).join(' | ')}`);
    const at = left.findIndex(([part]) => message.includes(part));
    const [entry] = at === -1 ? [] : left.splice(at, 1);
    return entry?.[1] ?? preset;
  }

  async function text({ message, default: preset = '', check }: TextPrompt): Promise<string | Back> {
    const answer = next(message, preset);
    if (answer === BACK) return BACK;
    const problem = await check(answer);
    if (problem !== undefined) throw new Error(`${message}: ${answer} is refused: ${problem}`);
    return answer;
  }

  return {
    asked,
    said,
    left: () => left,
    text,
    hidden: text,
    pick: text,
    async choose({ message, choices, default: preset }: ChoicePrompt) {
      const answer = next(message, preset ?? choices[0]?.value ?? '');
      if (answer === BACK || choices.some(({ value }) => value === answer)) return answer;
      throw new Error(`${message}: ${answer} is not offered, but ${choices.map(({ value }) => value).join(', ')}`);
    },
    mark: () => 0,
    rewind: () => undefined,
    say: (lines) => void said.push(...lines),
    wait: (_what, work) => work,
  };
}

export async function toolsFor(folder: string, prompter: Prompter, more: Partial<Tools> = {}): Promise<Tools> {
  return {
    prompter,
    check: await createCheck(join(folder, 'inventory')),
    env: {},
    seal: undefined,
    machine: {
      folder,
      home: folder,
      user: 'alice',
      agentSocket: undefined,
      sshHosts: new Map(),
      suggestions: { sshHosts: [], publicKeys: [{ value: KEY, name: 'a key' }], privateKeys: [] },
    },
    meeting: {
      showKey: async () => ({ key: HOST_KEY, fingerprint: 'ssh-ed25519 SHA256:abc', isKnown: false }),
      survey: async () => SURVEY,
    },
    checkWhole: async () => undefined,
    onSignal: () => () => undefined,
    ...more,
  };
}
