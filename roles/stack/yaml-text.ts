/** YAML with secrets in it, for compose: every text is quoted, and no `$` in it is taken for a variable. */
import { stringify } from 'yaml';
import { Secret, type Text } from '../../src/index.ts';

export type YamlValue =
  | Text
  | number
  | boolean
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined };

/**
 * The value as YAML that means the same in version 1.1, which docker-compose 1 reads, and in 1.2. Entries that are
 * undefined are left out. What stands around a secret stays readable in the result's masked form.
 */
export function yamlText(value: YamlValue): Text {
  const secrets: Secret[] = [];
  const mark = freeMark(value);

  function plain(node: YamlValue): unknown {
    if (node instanceof Secret) return `${mark}${secrets.push(node) - 1}${mark}`;
    if (typeof node === 'string') return node.replaceAll('$', '$$$$');
    if (typeof node !== 'object') return node;
    if (isList(node)) return node.map(plain);
    const entries = Object.entries(node).flatMap(([key, entry]) => (entry === undefined ? [] : [[key, plain(entry)]]));
    return Object.fromEntries(entries);
  }

  const yaml = stringify(plain(value), {
    version: '1.1',
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    doubleQuotedAsJSON: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  const pieces = yaml.split(mark).map((piece, i): Text => {
    const secret = i % 2 === 1 ? secrets[Number(piece)] : undefined;
    return secret === undefined ? piece : Secret.escape(secret, quoted);
  });
  return Secret.join(...pieces);
}

/** What stands within double quotes for this text. */
function quoted(stretch: string): string {
  const json = JSON.stringify(stretch.replaceAll('$', '$$$$')).slice(1, -1);
  // Line breaks and the like for YAML 1.1, but not for JSON.
  return json.replaceAll(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Letters that occur nowhere in the value, to hold the places of secrets. */
function freeMark(value: YamlValue): string {
  const all = JSON.stringify(value);
  let mark = 'SECRET';
  while (all.includes(mark)) mark += 'X';
  return mark;
}

function isList(node: YamlValue): node is readonly YamlValue[] {
  return Array.isArray(node);
}
