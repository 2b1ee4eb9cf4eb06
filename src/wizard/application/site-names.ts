/** The names that an application is asked by, and what Django makes of them. */

import { partsOf, ROUTE, VARIABLE } from '../notations.ts';
import type { View } from '../question.ts';
import { type AllowedHosts, lets } from './django.ts';

/** What health checks call it: those of the host, and those of HAProxy. */
const OF_CHECKS = ['localhost', '127.0.0.1'];

/** The variable of the environment that lets all of them in, where settings read one. */
export function allowedHostsEntry(view: View): readonly string[] {
  const { allowedHosts } = view.found;
  if (view.one('appFrom') !== 'folder' || allowedHosts?.variable === undefined) return [];
  const names = namesOf(view);
  if (names.every((name) => lets(name, allowedHosts))) return [];
  const { name, separator } = allowedHosts.variable;
  return [VARIABLE.format({ name, value: names.join(separator) })];
}

/** What to change, and in which file, so that visitors and health checks are let in. */
export function allowedHostsNotes(view: View): readonly string[] {
  const { allowedHosts } = view.found;
  if (view.one('appFrom') !== 'folder' || allowedHosts === undefined) return [];
  const given = givenTo(allowedHosts, view);
  // A reference, which nobody has put in as yet.
  if (given?.includes('{{')) return [];
  const { variable, where, isUnclear } = allowedHosts;
  const further = given === undefined || variable === undefined ? [] : given.split(variable.separator);
  const shut = namesOf(view).filter((name) => !lets(name, allowedHosts, further));
  if (shut.length === 0) return [];
  const file = inApplication(where, view);
  const [names, answers] = [shut.join(', '), 'Django answers 400 to any other name'];
  if (isUnclear) return [`See that ALLOWED_HOSTS in ${file}, lets in ${names}: ${answers}.`];
  if (variable !== undefined) {
    const value = [...further.filter((name) => name !== ''), ...shut].join(variable.separator);
    return [`${variable.name} does not let in ${names}: ${answers}. Set it: --env '${variable.name}=${value}'.`];
  }
  const list = [...allowedHosts.names, ...shut].map((name) => `'${name}'`).join(', ');
  return [
    `ALLOWED_HOSTS does not let in ${names}: ${answers}. Before you go on, change ${file}: ALLOWED_HOSTS = [${list}].`,
  ];
}

function givenTo({ variable }: AllowedHosts, view: View): string | undefined {
  const entries = view.many('environment').map((entry) => partsOf(VARIABLE, entry));
  const given = entries.find(({ name }) => name === variable?.name);
  // What nobody sees may let them in.
  return given?.kind === 'secret' ? '{{ a secret }}' : given?.value;
}

function namesOf(view: View): readonly string[] {
  const hosts = view.many('routes').map((route) => partsOf(ROUTE, route).host ?? '');
  const names = [view.one('domain'), ...view.many('altNames'), ...hosts].filter((name) => name !== '');
  return [...new Set([...names.map(asDjango), ...OF_CHECKS])];
}

/** An address of IPv6 stands in brackets, and a wildcard is a dot. */
function asDjango(name: string): string {
  return name.includes(':') ? `[${name}]` : name.replace(/^\*\./, '.');
}

/** A file of the application, as the current folder knows it. */
export function inApplication(file: string, view: View): string {
  return view.one('app') === '.' ? file : `${view.one('app').replace(/\/+$/, '')}/${file}`;
}
