/**
 * Templates of Jinja as Handlebars. Whatever is computed in them is computed by the role instead, and handed over by name: the
 * list of a loop with what its body prints of each item, a condition as true or false. So the template itself stays plain.
 */
import Handlebars from 'handlebars';
import { asBoolean, asList, asText, type Code, itemOf, operand } from '../code/code.ts';
import { call, type Doc, object } from '../code/layout.ts';
import { mentions } from '../code/names.ts';
import { BOOLEAN, known, NUMBER, type Shape, TEXT } from '../code/shapes.ts';
import { NotTranslated } from '../not-translated.ts';
import { type Scope, translate, within } from './expressions.ts';
import { type Expression, parseExpression } from './jinja.ts';
import { type AfterEmpty, withBreak } from './last-break.ts';
import { withLineFeeds } from './line-breaks.ts';
import { withEnd } from './template-end.ts';
import { readTemplateNodes, type TemplateNode, type TemplateOptions } from './template-nodes.ts';

export interface TranslatedTemplate {
  readonly text: string;
  /** What it is filled in with. */
  readonly vars: Doc;
}

/** What the template may name at some place: fields of what the role hands over. */
interface Frame {
  /** With the variables that the template has set so far. */
  scope: Scope;
  /** What stands between `{{ }}` is read as in an option. */
  readonly isOption: boolean;
  /** Within a condition: what is set there may not be set. */
  isConditional: boolean;
  readonly fields: Map<string, Doc>;
  /** The name of the field that holds this code. */
  readonly names: Map<string, string>;
}

/** Names that Handlebars, or one of our helpers, has for itself; and what is no field of an object. */
const TAKEN: ReadonlySet<string> = new Set([
  ...Object.keys(Handlebars.helpers),
  ...['eq', 'indent', 'join', 'json'],
  ...['as', 'else', 'false', 'null', 'this', 'true', 'undefined', '__proto__'],
]);

/** @throws NotTranslated */
export function translateTemplate(written: string, scope: Scope, options: TemplateOptions): TranslatedTemplate {
  const text = withLineFeeds(written);
  const frame = newFrame(scope, options.isOption ?? false);
  const kept: string[] = [];
  const emitted = emit(withEnd(readTemplateNodes(text, options), text, scope.note), frame, kept);
  checkBlanks(emitted, kept);
  return { text: emitted, vars: fieldsDoc(frame) };
}

function newFrame(scope: Scope, isOption: boolean): Frame {
  return { scope, isOption, isConditional: false, fields: new Map(), names: new Map() };
}

/** @param kept gets the texts that must come out as they are, in their order */
function emit(nodes: readonly TemplateNode[], frame: Frame, kept: string[]): string {
  return nodes.map((node) => emitNode(node, frame, kept)).join('');
}

function emitNode(node: TemplateNode, frame: Frame, kept: string[]): string {
  switch (node.type) {
    case 'text':
      kept.push(node.text);
      return escapeBraces(node.text);
    case 'print':
      return print(node, frame, kept);
    case 'set':
      if (frame.isConditional)
        throw new NotTranslated(`line ${node.line} sets a variable under a condition`, 'Set it in `vars`.');
      frame.scope = within(frame.scope, { [node.name]: translate(parseExpression(node.expression), frame.scope) });
      return '';
    case 'if': {
      const wasConditional = frame.isConditional;
      frame.isConditional = true;
      const branches = node.branches.map(({ test, body, end }, i) => {
        const condition = field(
          asBoolean(translate(parseExpression(test), frame.scope)),
          nameOf(test, 'condition'),
          frame,
        );
        return `${tag(i === 0 ? `#if ${condition}` : `else if ${condition}`, end)}${emit(body, frame, kept)}`;
      });
      const otherwise =
        node.otherwise === undefined
          ? ''
          : `${tag('else', node.otherwise.end)}${emit(node.otherwise.body, frame, kept)}`;
      frame.isConditional = wasConditional;
      return `${branches.join('')}${otherwise}${tag('/if', node.end)}`;
    }
    case 'for':
      return loop(node, frame, kept);
  }
}

/** A tag, with the line break that Handlebars takes away where a tag has a line for itself. */
function tag(inner: string, end: string): string {
  return `{{${inner}}}${end}`;
}

function loop(node: TemplateNode & { type: 'for' }, frame: Frame, kept: string[]): string {
  const list = asList(translate(parseExpression(node.list), frame.scope));
  const shape = itemOf(list);
  const isPair = node.targets.length === 2;
  const [first = 'item', second = ''] = node.targets;
  const item = frame.scope.parameter(isPair ? 'entry' : first);
  const position = frame.scope.parameter('position', [item]);
  const all = frame.scope.parameter('all', [item, position]);
  const locals: Record<string, Code> = isPair
    ? { [first]: entry(item, 'key', shape), [second]: entry(item, 'value', shape) }
    : { [first]: { code: item, shape, isAtom: true } };
  const scope = within(frame.scope, { ...locals, loop: loopCode(position, all) }, [item, position, all]);
  const inner = newFrame(scope, frame.isOption);
  const body = emit(node.body, inner, kept);
  const condition = node.filter === undefined ? undefined : asBoolean(translate(parseExpression(node.filter), scope));
  const source = condition === undefined ? operand(list) : `${operand(list)}.filter((${item}) => ${condition.code})`;
  const fields = fieldsDoc(inner);
  const text = JSON.stringify(fields);
  const parameters = [
    mentions(text, item) ? item : `_${item}`,
    ...(mentions(text, position) || mentions(text, all) ? [position] : []),
    ...(mentions(text, all) ? [all] : []),
  ];
  const isUnused = parameters.length === 1 && parameters[0] === `_${item}`;
  const doc = call(`${source}.map`, {
    type: 'arrow',
    parameters: `(${isUnused ? '' : parameters.join(', ')})`,
    body: fields,
  });
  const name = place(doc, JSON.stringify(doc), nameOf(node.list, `${first.length === 1 ? 'number' : first}s`), frame);
  const otherwise =
    node.otherwise === undefined ? '' : `${tag('else', node.otherwise.end)}${emit(node.otherwise.body, frame, kept)}`;
  return `${tag(`#each ${name}`, node.begin)}${body}${otherwise}${tag('/each', node.end)}`;
}

/** What Jinja knows of a loop, by the second and third parameter of `map`. */
function loopCode(position: string, all: string): Code {
  return {
    code: 'loop',
    shape: { type: 'map', fields: new Map() },
    members: {
      index: { code: `${position} + 1`, shape: NUMBER, isCount: true },
      index0: { code: position, shape: NUMBER, isAtom: true, isCount: true },
      first: { code: `${position} === 0`, shape: BOOLEAN },
      last: { code: `${position} === ${all}.length - 1`, shape: BOOLEAN },
      length: { code: `${all}.length`, shape: NUMBER, isAtom: true, isCount: true },
    },
  };
}

function entry(item: string, part: 'key' | 'value', shape: Shape): Code {
  const map = known(shape);
  const found = map.type === 'map' ? map.fields.get(part)?.shape : undefined;
  return { code: `${item}.${part}`, shape: found ?? (part === 'key' ? TEXT : { type: 'unknown' }), isAtom: true };
}

function print(
  { expression: text, afterEmpty }: TemplateNode & { type: 'print' },
  frame: Frame,
  kept: string[],
): string {
  const expression = parseExpression(text, frame.isOption);
  const value = translate(expression, frame.scope);
  if (afterEmpty !== undefined) return printLast(text, expression, value, afterEmpty, frame, kept);
  return printValue(text, expression, value, frame, kept);
}

/** The last value, with the line break that it ends with. */
function printLast(
  text: string,
  expression: Expression,
  value: Code,
  afterEmpty: AfterEmpty,
  frame: Frame,
  kept: string[],
): string {
  const ended = withBreak(value, afterEmpty, frame.scope);
  if (ended !== undefined) return `{{${field(ended, nameOf(text, 'value'), frame)}}}`;
  const printed = printValue(text, expression, value, frame, kept);
  kept.push('\n');
  return `${printed}\n`;
}

function printValue(text: string, expression: Expression, value: Code, frame: Frame, kept: string[]): string {
  if (value.literal !== undefined && value.literal !== null) {
    const constant = String(asText(value).literal);
    kept.push(constant);
    return escapeBraces(constant);
  }
  const { type } = known(value.shape);
  const path = pathOf(expression);
  const isPlain = !value.isOptional && ['text', 'number', 'fraction', 'secret', 'unknown'].includes(type);
  if (isPlain && path !== undefined && path.length > 1) {
    const [root = '', ...rest] = path;
    const name = field(frame.scope.lookUp(root), root, frame);
    asText(value);
    return `{{${[name, ...rest].join('.')}}}`;
  }
  const asPrinted = asText(value);
  const printed = type === 'number' && isPlain ? value : asPrinted;
  return `{{${field(printed, nameOf(text, 'value'), frame)}}}`;
}

/** `['server', 'name']` for `server.name`; undefined for what is no such path. */
function pathOf(expression: Expression): readonly string[] | undefined {
  if (expression.kind === 'name') return [expression.name];
  if (expression.kind !== 'get' || expression.key.kind !== 'literal') return undefined;
  const { value } = expression.key;
  const before = pathOf(expression.of);
  const isSimple = typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value);
  return before !== undefined && isSimple && before[0] !== 'ansible_facts' && before[0] !== 'loop'
    ? [...before, value]
    : undefined;
}

function field({ code }: Code, wish: string, frame: Frame): string {
  return place(code, code, wish, frame);
}

/** The name of the field that holds it: that of before, or a new one. */
function place(value: Doc, code: string, wish: string, { fields, names }: Frame): string {
  const found = names.get(code);
  if (found !== undefined) return found;
  const base = TAKEN.has(wish) ? `${wish}_` : wish;
  let name = base;
  for (let number = 2; fields.has(name); number += 1) name = `${base}${number}`;
  fields.set(name, value);
  names.set(code, name);
  return name;
}

/** A name for what an expression is about: the last part of a path, whatever filters it goes through. */
function nameOf(expression: string, otherwise: string): string {
  const [, no, path] = /^(not\s+)?([a-z_][\w.]*)\s*(\||$|is\s+(?:not\s+)?defined)/i.exec(expression.trim()) ?? [];
  const name = path?.replace(/^.*\./, '');
  if (name === undefined) return otherwise;
  return no === undefined ? name : `not_${name}`;
}

function fieldsDoc({ fields }: Frame): Doc {
  return object([...fields]);
}

/** Braces of the text itself, as Handlebars leaves them. */
function escapeBraces(text: string): string {
  return text.replaceAll('{{', '\\{{');
}

const BY_HAND = 'Write the template by hand.';

/** Handlebars takes away lines that hold nothing but a tag: what is left must be what Jinja leaves. */
function checkBlanks(text: string, kept: readonly string[]): void {
  const found: string[] = [];
  const gather = ({ body }: hbs.AST.Program) => {
    for (const statement of body) {
      if (statement.type === 'ContentStatement') found.push((statement as hbs.AST.ContentStatement).value);
      if (statement.type !== 'BlockStatement') continue;
      const { program, inverse } = statement as hbs.AST.BlockStatement;
      if (program) gather(program);
      if (inverse) gather(inverse);
    }
  };
  try {
    gather(Handlebars.parse(text));
  } catch {
    throw new NotTranslated('its braces cannot be written for Handlebars', BY_HAND);
  }
  if (found.join('') === kept.join('')) return;
  if (kept.some((part) => part.endsWith('\\')))
    throw new NotTranslated('a backslash stands before braces, which Handlebars would take for itself', BY_HAND);
  throw new NotTranslated(
    'its blank lines would come out otherwise',
    'Put statements on lines of their own, without blanks before them.',
  );
}
