import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { ProvisionError } from '../../errors.ts';
import { offsetIn, originOf, rememberOrigins, type Source } from '../origins.ts';
import { isVaultTag, type Seal } from '../secrets/vaulted.ts';
import { isMapping } from '../types.ts';
import { isSexagesimal, plainScalar } from './scalars.ts';

/** A few lines of aliases within aliases can stand for more values than any memory holds. */
const MAX_NODES = 5_000_000;

/**
 * The plain value of a node, parsed with the schema `failsafe`; where its entries stand is noted (`originOf`).
 * @param seal makes secrets of encrypted values
 * @throws ProvisionError `inventory-syntax`, `inventory-structure` (duplicate key, key that is no text), `vault-damaged`
 */
export function readNode(node: Node, source: Source, seal: Seal): unknown {
  return createReader(source, seal)(node);
}

/** Turns nodes into plain values, noting where each stands. */
function createReader(source: Source, seal: Seal): (node: Node) => unknown {
  const anchors = new Map<string, { value: unknown; nodes: number }>();
  let nodes = 0;

  function read(node: Node | null | undefined): unknown {
    if (node === null || node === undefined) return null;
    const before = nodes++;
    const value = readKind(node);
    if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, { value, nodes: nodes - before });
    return value;
  }

  function readKind(node: Node): unknown {
    if (isMap(node)) return readMap(node);
    if (isSeq(node)) return readList(node);
    if (isAlias(node)) return readAlias(node);
    return readScalar(node);
  }

  function readScalar(node: Node): unknown {
    if (!isScalar(node)) throw new TypeError('not a node of YAML');
    const text = String(node.value ?? '');
    if (isVaultTag(node.tag)) return seal(text, at(node));
    if (node.type !== 'PLAIN' || node.tag !== undefined) return text;
    if (isSexagesimal(text)) {
      throw new ProvisionError('inventory-syntax', 'YAML reads this as a number of base 60', {
        location: at(node),
        hint: 'Put it in quotes.',
      });
    }
    return plainScalar(text);
  }

  function readList(node: YAMLSeq): unknown[] {
    const offsets = new Map<string, number>();
    const items = node.items.map((item, i) => {
      offsets.set(String(i), offsetOf(item as Node));
      return read(item as Node);
    });
    rememberOrigins(items, source, offsets);
    return items;
  }

  function readMap(node: YAMLMap): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    const offsets = new Map<string, number>();
    const merged: { key: Node; value: unknown }[] = [];
    rememberOrigins(entries, source, offsets);
    for (const pair of node.items) {
      const keyNode = pair.key as Node;
      const key = readKey(keyNode);
      const value = read(pair.value as Node | null);
      if (key === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN') {
        merged.push({ key: keyNode, value });
        continue;
      }
      if (offsets.has(key)) throw duplicateKey(key, at(keyNode), originOf(entries, key));
      offsets.set(key, offsetOf(keyNode));
      entries[key] = value;
    }
    for (const { key, value } of merged) mergeInto(entries, offsets, key, value);
    return entries;
  }

  /** `<<: *defaults` fills in what the mapping does not set itself. See https://yaml.org/type/merge.html */
  function mergeInto(entries: Record<string, unknown>, offsets: Map<string, number>, key: Node, value: unknown): void {
    for (const defaults of Array.isArray(value) ? value : [value]) {
      if (!isMapping(defaults)) {
        throw new ProvisionError('inventory-structure', '`<<` merges mappings, and this is none', {
          location: at(key),
          hint: 'Write `<<: *name`, where `&name` stands before a mapping.',
        });
      }
      for (const [name, inherited] of Object.entries(defaults)) {
        if (offsets.has(name)) continue;
        offsets.set(name, offsetIn(defaults, name) ?? offsetOf(key));
        entries[name] = inherited;
      }
    }
  }

  function readKey(node: Node): string {
    const isText = isScalar(node) || isAlias(node);
    const key = isText ? read(node) : undefined;
    if (!isText || key === null || typeof key === 'object') {
      throw new ProvisionError('inventory-structure', 'a key must be a text', {
        location: at(node),
        hint: 'Put a value that starts with { or [ in quotes: "{{ secrets.name }}".',
      });
    }
    // Assigned to an object, this key would change what the object is.
    if (key === '__proto__') {
      throw new ProvisionError('inventory-structure', 'a key cannot be __proto__', {
        location: at(node),
        hint: 'Choose another name.',
      });
    }
    // As it is written, also where it looks like a number or a boolean: `on`, `0644`.
    return isScalar(node) ? String(node.value) : String(key);
  }

  function readAlias(node: Alias): unknown {
    const target = anchors.get(node.source);
    if (target === undefined) {
      throw new ProvisionError('inventory-syntax', 'this alias refers to no anchor that stands before it', {
        location: at(node),
        hint: 'Write &name before the value that *name stands for, or put a text that starts with * in quotes.',
      });
    }
    nodes += target.nodes;
    if (nodes <= MAX_NODES) return target.value;
    throw new ProvisionError('inventory-syntax', `with its aliases the file holds over ${MAX_NODES} values`, {
      location: at(node),
      hint: 'Use fewer aliases within aliases.',
    });
  }

  function at(node: Node): string {
    return source.place(offsetOf(node));
  }

  return read;
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

function duplicateKey(key: string, location: string, first: string | undefined): ProvisionError {
  return new ProvisionError('inventory-structure', `the key ${JSON.stringify(key)} stands here twice`, {
    location,
    hint: `It is first set at ${first ?? 'another place'}. Remove one of the two.`,
  });
}
