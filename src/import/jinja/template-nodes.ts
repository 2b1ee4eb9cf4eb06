/** Reads a template of Jinja: texts, what is printed, conditions and loops, line breaks kept or dropped as Ansible does. */

import { NotTranslated } from '../not-translated.ts';
import type { AfterEmpty } from './last-break.ts';
import { withoutHeader } from './template-header.ts';

export interface TemplateOptions {
  /** The line break after a statement is dropped: so by default in Ansible. */
  readonly trimBlocks: boolean;
  /** Blanks before a statement are dropped where nothing else stands before it. */
  readonly lstripBlocks: boolean;
  /** It is no file, but stands in a playbook. */
  readonly isOption?: boolean;
}

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  /** `afterEmpty`: it is the last, and brings the line break behind it. */
  | { readonly type: 'print'; readonly expression: string; readonly afterEmpty?: AfterEmpty }
  | { readonly type: 'set'; readonly name: string; readonly expression: string; readonly line: number }
  | {
      readonly type: 'if';
      readonly branches: readonly Branch[];
      readonly otherwise: Part | undefined;
      readonly end: string;
    }
  | {
      readonly type: 'for';
      readonly targets: readonly string[];
      readonly list: string;
      readonly filter: string | undefined;
      /** What stands after the tags: as `Part` has it. */
      readonly begin: string;
      readonly body: readonly TemplateNode[];
      readonly otherwise: Part | undefined;
      readonly end: string;
    };

interface Part {
  readonly body: readonly TemplateNode[];
  /** A line break, where the tag had a line for itself, which then is dropped; else nothing. */
  readonly end: string;
}

interface Branch extends Part {
  readonly test: string;
}

interface Token {
  readonly type: 'text' | 'print' | 'statement';
  readonly value: string;
  readonly line: number;
  readonly end: string;
}

const TAG =
  /\{%[-+]?\s*raw\s*-?%\}([\s\S]*?)\{%[-+]?\s*endraw\s*[-+]?%\}|\{#([\s\S]*?)#\}|\{%([\s\S]*?)%\}|\{\{((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"])*?)\}\}/gs;
const STATEMENT = /^(\w+)\s*([\s\S]*)$/;

/** @throws NotTranslated */
export function readTemplateNodes(text: string, options: TemplateOptions): readonly TemplateNode[] {
  const [body, read] = withoutHeader(text, options);
  const tokens = tokenize(body, read, body === text ? 1 : 2);
  let at = 0;

  function nodes(until: readonly string[]): TemplateNode[] {
    const found: TemplateNode[] = [];
    for (; at < tokens.length; at += 1) {
      const token = tokens[at] as Token;
      if (token.type === 'text') found.push({ type: 'text', text: token.value });
      else if (token.type === 'print') found.push({ type: 'print', expression: token.value });
      else if (until.includes(keywordOf(token))) return found;
      else found.push(statement(token));
    }
    if (until.length > 0) throw new NotTranslated(`the template ends before ${until.at(-1)}`);
    return found;
  }

  /** Leaves the last tag of the statement to be passed over. */
  function statement(token: Token): TemplateNode {
    const keyword = keywordOf(token);
    if (keyword === 'if') return condition(token);
    if (keyword === 'for') return loop(token);
    if (keyword === 'set') {
      const [, name = '', expression = ''] = /^(\w+)\s*=\s*([\s\S]+)$/.exec(restOf(token)) ?? [];
      if (name === '') throw new NotTranslated(`line ${token.line} sets several variables, or a text of several lines`);
      return { type: 'set', name, expression, line: token.line };
    }
    throw new NotTranslated(
      `line ${token.line} has the statement ${keyword}, which has no equivalent`,
      'Write the template by hand.',
    );
  }

  function condition(first: Token): TemplateNode {
    const branches: Branch[] = [];
    let otherwise: Part | undefined;
    let token = first;
    while (keywordOf(token) !== 'endif') {
      at += 1;
      const body = nodes(['elif', 'else', 'endif']);
      if (keywordOf(token) === 'else') otherwise = { body, end: token.end };
      else branches.push({ test: restOf(token), body, end: token.end });
      token = tokens[at] as Token;
    }
    return { type: 'if', branches, otherwise, end: token.end };
  }

  function loop(first: Token): TemplateNode {
    const [, targets = '', list = '', filter] =
      /^(.+?)\s+in\s+([\s\S]+?)(?:\s+if\s+([\s\S]+))?$/.exec(restOf(first)) ?? [];
    if (list === '') throw new NotTranslated(`the loop in line ${first.line} is not understood`);
    at += 1;
    const body = nodes(['else', 'endfor']);
    let otherwise: Part | undefined;
    let token = tokens[at] as Token;
    if (keywordOf(token) === 'else') {
      const { end } = token;
      at += 1;
      otherwise = { body: nodes(['endfor']), end };
      token = tokens[at] as Token;
    }
    const names = targets
      .replace(/[()]/g, '')
      .split(',')
      .map((name) => name.trim());
    return { type: 'for', targets: names, list, filter, begin: first.end, body, otherwise, end: token.end };
  }

  return nodes([]);
}

function keywordOf({ type, value }: Token): string {
  return type === 'statement' ? (STATEMENT.exec(value)?.[1] ?? '') : '';
}

function restOf({ value }: Token): string {
  return STATEMENT.exec(value)?.[2]?.trim() ?? '';
}

/** @param firstLine the number of the line that the text begins with */
function tokenize(text: string, { trimBlocks, lstripBlocks }: TemplateOptions, firstLine: number): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let isStripped = false;
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length + firstLine - 1;

  function addText(part: string, isBeforeStrip: boolean): void {
    const begun = isStripped ? part.trimStart() : part;
    const value = isBeforeStrip ? begun.trimEnd() : begun;
    const last = tokens.at(-1);
    if (value === '') return;
    if (last?.type === 'text') tokens[tokens.length - 1] = { ...last, value: last.value + value };
    else tokens.push({ type: 'text', value, line: lineAt(at), end: '' });
  }

  for (const match of text.matchAll(TAG)) {
    const [whole, raw, comment, statement, print] = match;
    if (raw !== undefined) {
      if (/^\{%[-+]|-%\}$|[-+]%\}$|\{%[-+]\s*endraw/.test(whole) || /^\{%\s*raw\s*-/.test(whole) || lstripBlocks)
        throw new NotTranslated(
          `line ${lineAt(match.index)} takes blanks away around raw text`,
          'Write {% raw %} alone.',
        );
      addText(text.slice(at, match.index), false);
      isStripped = false;
      at = match.index + whole.length;
      addText(raw, false);
      if (trimBlocks && text[at] === '\n') at += 1;
      continue;
    }
    const inner = comment ?? statement ?? print ?? '';
    const isBlock = print === undefined;
    const before = text.slice(at, match.index);
    const isFirst = /\n[ \t]*$/.test(before) || (/^[ \t]*$/.test(before) && [undefined, '\n'].includes(text[at - 1]));
    const stripsBlanks = lstripBlocks && isBlock && isFirst && !inner.startsWith('+');
    addText(stripsBlanks ? before.replace(/[ \t]*$/, '') : before, inner.startsWith('-'));
    at = match.index + whole.length;
    const dropsBreak = isBlock && trimBlocks && text[at] === '\n' && !inner.endsWith('+') && !inner.endsWith('-');
    // A tag at the beginning of a line, with nothing after it: Handlebars drops that line as well.
    const hasLine = dropsBreak && !inner.startsWith('-') && endsLine(tokens, isStripped);
    if (dropsBreak) at += 1;
    isStripped = inner.endsWith('-');
    const value = inner.replace(/^[-+]|[-+]$/g, '').trim();
    const line = lineAt(match.index);
    if (statement !== undefined) tokens.push({ type: 'statement', value, line, end: hasLine ? '\n' : '' });
    if (print !== undefined) tokens.push({ type: 'print', value, line, end: '' });
  }
  addText(text.slice(at), false);
  return tokens;
}

/** Whether a new line begins after these tokens. */
function endsLine(tokens: readonly Token[], isStripped: boolean): boolean {
  const last = tokens.at(-1);
  if (isStripped) return false;
  if (last === undefined) return true;
  if (last.type === 'text') return last.value.endsWith('\n');
  return last.type === 'statement' && last.end === '\n';
}
