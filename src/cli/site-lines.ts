/** Where the site is that a run of the wizard brought up: it is asked before anybody is told that it answers. */
import { EXIT, type ExitCode } from '../errors.ts';
import { partsOf, ROUTE, SERVER } from '../wizard/notations.ts';
import type { Answers } from '../wizard/question.ts';

/** A wait that is shorter needs no word. */
const SILENCE_MS = 500;
const SITE_LIMIT_MS = 10_000;

/** @returns why it does not answer; undefined where it does */
export type AskSite = (url: string) => Promise<string | undefined>;

export async function siteLines(answers: Answers, ask: AskSite): Promise<readonly string[]> {
  if (answers.appFrom === 'none') return [];
  const url = urlOf(answers);
  const reason = await ask(url);
  return [
    ...answerLines(url, reason, answers),
    ...(answers.tls === 'self-signed' ? ['Its certificate is self-signed: browsers warn of it once.'] : []),
    '',
  ];
}

function urlOf({ routes = [], tls, domain }: Answers): string {
  const { path = '/' } = partsOf(ROUTE, String(routes[0] ?? '/'));
  const name = String(domain);
  const host = name.includes(':') ? `[${name}]` : name;
  return `${tls === 'none' ? 'http' : 'https'}://${host}${path}`;
}

function answerLines(url: string, reason: string | undefined, { servers = [], domain }: Answers): readonly string[] {
  if (reason === undefined) return [`The site answers at ${url}`];
  if (reason.startsWith('status ')) return [`The site answers at ${url}, with ${reason}`];
  const addresses = [servers].flat().map((server) => partsOf(SERVER, server).address ?? '');
  const isName = !addresses.includes(String(domain)) && reason === 'name not found';
  return [
    `The site is up for ${url}, and does not answer from here: ${reason}`,
    ...(isName ? [`Let the name ${domain} lead to ${addresses.join(', ')} in your DNS.`] : []),
  ];
}

/** How it goes on without the wizard. */
export function nextLines(code: ExitCode, command: string): readonly string[] {
  const next =
    code === EXIT.ok ? 'From now on, without questions:' : 'It is not all done yet. Go on, when you are ready:';
  return [next, `  ${command}`];
}

/** As `AskSite`, on a terminal that can be drawn on. */
export async function askSite(url: string): Promise<string | undefined> {
  const { stderr } = process;
  const { askOnce } = await import('../deploy/site-request.ts');
  const word = setTimeout(() => stderr.write(`asking ${url} …`), SILENCE_MS);
  try {
    return await askOnce(url, SITE_LIMIT_MS);
  } finally {
    clearTimeout(word);
    stderr.write('\r\u001b[K');
  }
}
