/** Renders Handlebars templates, and says where in them something is wrong. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import { ProvisionError, whyUnreadable } from '../../errors.ts';
import { mask, type Text } from '../../shell/secret.ts';
import { COMPILED_TEMPLATES } from './compiled-templates.ts';
import { MAPPING, markSecrets } from './secret-marks.ts';
import { HelperError, templateHelpers } from './template-helpers.ts';

export interface TemplateText {
  /** What errors call it: a path. */
  readonly source: string;
  readonly text: string;
}

/** A place in a text; line and column count from 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** Gives an empty text; no template can name it. */
const EMPTY_TEXT = '%empty';
const HELPER_NAMES = ['if', 'unless', ...Object.keys(templateHelpers(markSecrets()))].filter((name) => name !== 'log');

/** How templates are compiled: a name that is not defined is an error, and nothing is escaped. */
export const COMPILE_OPTIONS = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries([...HELPER_NAMES, EMPTY_TEXT].map((name) => [name, true])),
};

/**
 * The template as Handlebars compiles it. Without escaping, Handlebars joins what a block prints with `+`, which adds numbers:
 * each block begins with an empty text.
 */
export function parseTemplate(text: string): hbs.AST.Program {
  const program = Handlebars.parse(text);
  new TextFirst().accept(program);
  return program;
}

class TextFirst extends Handlebars.Visitor {
  override Program(program: hbs.AST.Program): void {
    super.Program(program);
    // `{{else if}}` holds nothing but its block, which begins with an empty text itself; Handlebars looks for it in the first place.
    if ('chained' in program && program.chained) return;
    const { loc } = program;
    const path: hbs.AST.PathExpression = {
      type: 'PathExpression',
      data: false,
      depth: 0,
      parts: [EMPTY_TEXT],
      original: EMPTY_TEXT,
      loc,
    };
    const hash: hbs.AST.Hash = { type: 'Hash', pairs: [], loc };
    const strip = { open: false, close: false };
    const empty: hbs.AST.MustacheStatement = {
      type: 'MustacheStatement',
      path,
      params: [],
      hash,
      escaped: false,
      strip,
      loc,
    };
    program.body.unshift(empty);
  }
}

/** @throws ProvisionError `file-unreadable` */
export function readTemplate(path: string): TemplateText {
  try {
    return { source: path, text: readFileSync(path, 'utf8') };
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `the template ${path} cannot be read: ${whyUnreadable(cause)}`, {
      cause,
    });
  }
}

/** What a template is found by among those that are compiled. */
export function templateDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The template with its variables filled in; secret where a secret was.
 * @throws ProvisionError `template-invalid`
 */
export function renderTemplate({ source, text }: TemplateText, vars: Readonly<Record<string, unknown>>): Text {
  const secrets = markSecrets();
  try {
    const compiled = COMPILED_TEMPLATES[templateDigest(text)];
    const render = compiled ? Handlebars.template(compiled) : Handlebars.compile(parseTemplate(text), COMPILE_OPTIONS);
    const helpers = { ...templateHelpers(secrets), [EMPTY_TEXT]: () => '' };
    const rendered = render(secrets.hide(vars), { helpers });
    if (rendered.includes(MAPPING)) throw new Error(MAPPING);
    return secrets.restore(rendered);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const place = placeOf(cause, text);
    const location = place === undefined ? source : `${source}:${place.line}:${place.column}`;
    const { message, hint, detail } = explain(mask(secrets.restore(cause.message)), text, place, {
      vars,
      names: HELPER_NAMES,
    });
    throw new ProvisionError('template-invalid', message, { location, hint, detail, cause });
  }
}

interface Explanation {
  readonly message: string;
  readonly hint?: string;
  readonly detail?: string;
}

function explain(
  said: string,
  text: string,
  place: Place | undefined,
  known: { readonly vars: Readonly<Record<string, unknown>>; readonly names: readonly string[] },
): Explanation {
  const [, missing] = /^"(.*)" not defined in /s.exec(said) ?? [];
  if (missing !== undefined) {
    const variable = expressionAt(text, place) ?? missing;
    const names = Object.keys(known.vars).join(', ') || 'none';
    return { message: `the variable ${variable} is not defined`, hint: `Variables of this template: ${names}.` };
  }
  const [, nameless] = /^Cannot use 'in' operator to search for '(.*?)' in /.exec(said) ?? [];
  if (nameless !== undefined) {
    const hint = `It is taken from a single value, in which there are no names. Within a block {{this}} is that value, and {{../${nameless}}} a variable from outside.`;
    return { message: `the variable ${nameless} is not defined`, hint };
  }
  if (said === MAPPING) {
    return {
      message: 'a mapping cannot stand in a text',
      hint: 'Name one of its values, or write it with {{json …}}.',
    };
  }
  const [, helper] = /used the unknown helper (\S+)/.exec(said) ?? [];
  if (helper !== undefined) {
    return { message: `there is no helper ${helper}`, hint: `Helpers: ${known.names.join(', ')}.` };
  }
  const [, excerpt, got] = PARSE_ERROR.exec(said) ?? [];
  if (got !== undefined) {
    const what = got === 'EOF' ? 'the template ends within a block' : 'the template cannot be read from here on';
    return { message: what, detail: excerpt ?? '' };
  }
  const [, opened, closed] = /^(\S+) doesn't match (\S+)/.exec(said) ?? [];
  if (opened !== undefined) return { message: `{{#${opened}}} is closed by {{/${closed}}}` };
  return { message: said.replace(/ - \d+:\d+$/, '') };
}

// Handlebars' parser: "Parse error on line 3:", an excerpt with a line of dashes to the place, "Expecting …, got 'EOF'".
const PARSE_ERROR = /^Parse error on line \d+:\n(.*\n-*\^)\nExpecting .*, got '(\w+)'/s;

function placeOf(error: Error, text: string): Place | undefined {
  const { lineNumber, column } = error as { lineNumber?: unknown; column?: unknown };
  // Handlebars counts columns from 0.
  if (typeof lineNumber === 'number' && typeof column === 'number') return { line: lineNumber, column: column + 1 };
  if (error instanceof HelperError) return { line: error.line, column: error.column };
  const [, line, excerpt = '', dashes = ''] = /^Parse error on line (\d+):\n(.*)\n(-*)\^/.exec(error.message) ?? [];
  return line === undefined ? undefined : parserPlace(text, Number(line), excerpt.slice(0, dashes.length));
}

/** The parser tells what it had read last, up to 20 characters without their line breaks; the place is where that ends. */
function parserPlace(text: string, line: number, readLast: string): Place {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).join('');
  const current = lines[line - 1] ?? '';
  const expected = readLast.replace(/^\.\.\./, '');
  for (let column = 0; column <= current.length; column += 1) {
    if ((before + current.slice(0, column)).endsWith(expected)) return { line, column: column + 1 };
  }
  return { line, column: 1 };
}

/** The path that stands at a place: `user.name`, where Handlebars itself names but the last part. */
function expressionAt(text: string, place: Place | undefined): string | undefined {
  if (place === undefined) return undefined;
  const rest = text.split('\n')[place.line - 1]?.slice(place.column - 1) ?? '';
  return /^[^\s{}()|=~"']+/.exec(rest)?.[0];
}
