/** What an import came to, for people to read. */
import type { ImportedRole } from './import.ts';
import type { Told } from './playbook/play.ts';

/** Lines of text: what was written, what is left to do and where, and how the role is used. */
export function summaryLines(roles: readonly ImportedRole[]): readonly string[] {
  const byHosts = Map.groupBy(roles, ({ hosts }) => hosts);
  return [
    ...roles.flatMap((role) => [...roleLines(role), '']),
    ...[...byHosts].flatMap(([hosts, members]) => [
      `use it: in the inventory${hosts === undefined ? '' : `, for the hosts ${hosts}`}`,
      `  roles: [${members.map(({ name }) => name).join(', ')}]`,
    ]),
  ];
}

/** Whether nothing is left to be done by hand. */
export function isWhole(roles: readonly ImportedRole[]): boolean {
  return roles.every(({ left }) => left.length === 0);
}

function roleLines({ files, params, left, omitted, notes, total }: ImportedRole): readonly string[] {
  const [file, ...others] = files;
  const required = params.filter(({ isRequired, isSecret }) => isRequired && !isSecret);
  const secrets = params.filter(({ isRequired, isSecret }) => isRequired && isSecret);
  return [
    `wrote ${file}: ${total - left.length} of ${total} tasks came over`,
    ...others.map((other) => `wrote ${other}`),
    ...section(
      'not translated; marked in the file as NOT TRANSLATED:',
      left.flatMap((task) => toldLines({ ...task, why: task.name === '' ? task.why : `${task.name}: ${task.why}` })),
    ),
    ...section('options that are not taken over; marked in the file as NOT TAKEN OVER:', omitted.flatMap(toldLines)),
    ...section('to know:', notes.flatMap(toldLines)),
    ...section(
      'variables that the inventory must set:',
      required.map((param) => `${param.name}${placed(param.place)}`),
    ),
    ...section(
      'secrets, which are written nowhere; set them in the inventory, or encrypt them with provision vault encrypt-string:',
      secrets.map((param) => `${param.name}: "{{ secrets.${secretName(param.name)} }}"${placed(param.place)}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function toldLines({ place, why, hint }: Told): readonly string[] {
  return [`${place}  ${why}`, ...(hint === undefined ? [] : [`  do  ${hint}`])];
}

function placed(place: string | undefined): string {
  return place === undefined ? '' : `  (${place})`;
}

function secretName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_-]/g, '_');
}
