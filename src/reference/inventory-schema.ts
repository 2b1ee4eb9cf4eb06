/** The JSON Schema of inventories, for editors: made from the schemas of roles and connection, described by docs/roles.md. */
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { z } from '../index.ts';
import { SHIPPED_ROLES } from '../installation.ts';
import { CONNECTION_SCHEMA } from '../inventory/connection.ts';
import { GROUP_NAME, VARIABLE_NAME } from '../inventory/declarations.ts';
import { ROLES_SCHEMA } from '../inventory/roles/reader.ts';
import { loadRole } from '../inventory/roles/roles.ts';
import { SECRETS_SCHEMA } from '../inventory/secrets/secrets.ts';
import { HOST_NAME } from '../inventory/sources/host-names.ts';
import { type KeyRow, keyRowsOf } from './markdown.ts';
import { loadReference, type Topic } from './topics.ts';

type Schema = z.core.JSONSchema.BaseSchema;
type Schemas = Readonly<Record<string, Schema>>;

/** As far as an editor needs to know. */
const IPV6 = /^[\da-fA-F:.]+$/;

const REFERENCE: Schema = { $ref: '#/definitions/reference' };

/** The schema as a whole, of draft 7, which editors know best. @throws TypeError for a key that docs/roles.md does not tell */
export async function inventorySchema(): Promise<Schema> {
  const { topics } = await loadReference();
  const pages = topics.filter(({ page }) => page === 'roles');
  const rows = pages.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'table' ? keyRowsOf(block) : [])),
  );
  // What a role reads of another one is told where it belongs, which comes first.
  const documented = new Map(rows.toReversed().map((row) => [row.path, row]));
  const roles = pages.filter(({ isRole }) => isRole);
  const variables = await Promise.all(roles.map((role) => roleVariable(role, documented)));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Inventory of provision',
    description: 'Groups with their hosts, variables and child groups.',
    type: 'object',
    propertyNames: { pattern: GROUP_NAME.source },
    additionalProperties: { $ref: '#/definitions/group' },
    definitions: {
      group: group(),
      hosts: namedBy(
        `${HOST_NAME.source}|${IPV6.source}`,
        'Each host with a colon, and its own variables below it.',
        '#/definitions/variables',
      ),
      variables: {
        type: ['object', 'null'],
        propertyNames: { pattern: VARIABLE_NAME.source },
        properties: {
          roles: rolesVariable(roles),
          ...Object.fromEntries(variables),
          ...describeAll(propertiesOf(CONNECTION_SCHEMA), '', documented),
          ...withReferences(propertiesOf(SECRETS_SCHEMA)),
          ansible_group_priority: {
            description: 'Of groups at the same depth the higher one counts.',
            type: 'integer',
            default: 1,
          },
        },
      },
      reference: {
        description: 'Another variable: {{ name }}, {{ secrets.NAME }}, {{ env.NAME }}.',
        type: 'string',
        pattern: '\\{\\{',
      },
    },
  };
}

function group(): Schema {
  return {
    type: ['object', 'null'],
    properties: {
      hosts: { $ref: '#/definitions/hosts' },
      vars: { $ref: '#/definitions/variables' },
      children: namedBy(GROUP_NAME.source, 'The groups in it, each with a colon.', '#/definitions/group'),
    },
    additionalProperties: false,
  };
}

function namedBy(pattern: string, description: string, $ref: string): Schema {
  return {
    description,
    type: ['object', 'null'],
    propertyNames: { pattern },
    additionalProperties: { $ref },
  };
}

function rolesVariable(roles: readonly Topic[]): Schema {
  const [schema] = Object.values(propertiesOf(ROLES_SCHEMA));
  const names = { enum: roles.map(({ name }) => name) };
  const description =
    'What the host gets, in this order. A role of your own is the file roles/NAME.ts beside the inventory.';
  return acceptReference({ ...schema, description, uniqueItems: true, items: { anyOf: [names, { type: 'string' }] } });
}

/** The variable that has the role's name; others that it reads belong to other roles. */
async function roleVariable(
  { name, blocks }: Topic,
  documented: ReadonlyMap<string, KeyRow>,
): Promise<[string, Schema]> {
  const { params } = await loadRole(name, dirname(SHIPPED_ROLES));
  const { [name]: variable } = describeAll({ [name]: propertiesOf(params)[name] ?? {} }, '', documented);
  const introduction = blocks.find((block) => block.kind === 'paragraph');
  return [name, { ...variable, description: plainText(introduction?.text ?? '') }];
}

function propertiesOf(schema: z.ZodObject): Schemas {
  const { properties = {} } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The pattern holds for what the text is made first, such as lower case.
      const { checks = [] } = (zodSchema as z.core.$ZodTypes)._zod.def;
      if (checks.some((check) => check._zod.def.check === 'overwrite')) delete jsonSchema.pattern;
    },
  });
  return properties as Schemas;
}

function withReferences(schemas: Schemas): Schemas {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, acceptReference(schema)]));
}

/** The keys of a mapping, and all below them, with what the page says of each. */
function describeAll(properties: Schemas, path: string, documented: ReadonlyMap<string, KeyRow>): Schemas {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => {
      const inner = [path, key].filter(Boolean).join('.');
      const row = documented.get(inner);
      if (row === undefined) throw new TypeError(`docs/roles.md does not tell ${inner}`);
      const { default: _, ...rest } = describeBelow(schema, inner, documented);
      return [key, { description: meaningOf(row), ...defaultOf(row), ...acceptReference(rest) }];
    }),
  );
}

/** Entries of a list have the path of the list; NAME stands for what the user names. */
function describeBelow(schema: Schema, path: string, documented: ReadonlyMap<string, KeyRow>): Schema {
  const { properties, additionalProperties, items, anyOf, $ref } = schema;
  // What refers to itself, as JSON does, may be anything.
  if ($ref !== undefined) return {};
  const described = { ...schema };
  if (properties !== undefined) described.properties = { ...describeAll(properties as Schemas, path, documented) };
  if (typeof additionalProperties === 'object') {
    described.additionalProperties = acceptReference(describeBelow(additionalProperties, `${path}.NAME`, documented));
  }
  if (isSchema(items)) described.items = acceptReference(describeBelow(items, path, documented));
  if (anyOf !== undefined) described.anyOf = anyOf.map((form) => describeBelow(form as Schema, path, documented));
  return described;
}

function isSchema(items: Schema['items']): items is Schema {
  return typeof items === 'object' && !Array.isArray(items);
}

/** A reference may stand in the place of any value, whatever it must be in the end. */
function acceptReference(schema: Schema): Schema {
  const { description, default: fallback, ...rest } = schema;
  const about = {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  };
  const forms = rest.anyOf ?? [rest];
  if (forms.some(isAnyText)) return schema;
  return { ...about, anyOf: [...forms, REFERENCE] };
}

function isAnyText(schema: unknown): boolean {
  const { type, pattern, format, enum: words, const: word, allOf, maxLength } = schema as Schema;
  const isText = type === undefined || (Array.isArray(type) ? type.includes('string') : type === 'string');
  const isOpen = [pattern, format, words, word, allOf, maxLength].every((limit) => limit === undefined);
  return isText && isOpen && (schema as Schema).$ref === undefined && (schema as Schema).anyOf === undefined;
}

function meaningOf({ type, meaning }: KeyRow): string {
  return plainText(meaning === '' ? type : `${meaning} (${type})`);
}

/** As people write it. What a schema has as its default is what it makes of that. */
function defaultOf({ default: told }: KeyRow): { default?: unknown } {
  const [, literal] = /^`(.*)`$/.exec(told) ?? [];
  return literal === undefined ? {} : { default: parse(literal) };
}

function plainText(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replaceAll('**', '');
}
