/** The line breaks of a text that Ansible fills in: Jinja writes `\n` for each of them. */

/**
 * The text as it is written then. Those at its end Ansible counts as they stand there, to add what is missing: of several `\r\n`
 * it finds one, and Jinja has dropped the last one.
 */
export function withLineFeeds(text: string): string {
  const fed = text.replace(/\r\n?/g, '\n');
  return countAtEnd(fed) === countAtEnd(text) ? fed : fed.slice(0, -1);
}

function countAtEnd(text: string): number {
  return text.length - text.replace(/\n+$/, '').length;
}
