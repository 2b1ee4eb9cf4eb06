/** Renders Handlebars templates, and says where in them something is wrong. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { ProvisionError } from '../errors.ts';
import { Secret, type Text } from '../shell/secret.ts';

export interface TemplateText {
  /** What errors call it: a path. */
  readonly source: string;
  readonly text: string;
}

/** Where a helper was called: Handlebars counts columns from 0. */
interface Location {
  readonly start: { readonly line: number; readonly column: number };
}

const BUILT_IN = { if: true, unless: true, each: true, with: true, lookup: true };

/** @throws ProvisionError `file-unreadable` */
export function readTemplate(path: string): TemplateText {
  try {
    return { source: path, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `the template ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * The template with its variables filled in; secret where a secret was.
 * @throws ProvisionError `template-invalid`
 */
export function renderTemplate({ source, text }: TemplateText, vars: Readonly<Record<string, unknown>>): Text {
  const secrets = new SecretMarks();
  const helpers = makeHelpers(secrets);
  const knownHelpers = { ...BUILT_IN, ...Object.fromEntries(Object.keys(helpers).map((name) => [name, true])) };
  try {
    const render = Handlebars.compile(text, { strict: true, noEscape: true, knownHelpersOnly: true, knownHelpers });
    return secrets.restore(render(secrets.replace(vars), { helpers }));
  } catch (cause) {
    if (cause instanceof Error) throw invalid(source, text, cause);
    throw cause;
  }
}
