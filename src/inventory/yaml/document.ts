import { parseDocument, type YAMLError } from 'yaml';
import { ProvisionError } from '../../errors.ts';
import type { Source } from '../origins.ts';
import { type Seal, VAULT_TAGS } from '../secrets/vaulted.ts';
import type { YamlValue } from './block.ts';
import { readNode } from './nodes.ts';

/**
 * Reads all that YAML is, where the quick reader of blocks leaves off.
 * @throws ProvisionError `inventory-syntax`, `inventory-structure` (duplicate key, key that is no text), `vault-damaged`
 */
export function readYamlDocument(text: string, source: Source, seal: Seal): YamlValue {
  // `failsafe` leaves scalars as they are written, and duplicate keys are found below: the parser's own search is quadratic.
  const document = parseDocument(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) => [...tags, ...VAULT_TAGS],
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw syntaxError(problem, source.place(problem.pos[0]));
  const { contents } = document;
  return { value: contents === null ? null : readNode(contents, source, seal), start: contents?.range?.[0] ?? 0 };
}

/** What the parser's messages leave open. None repeats a value of the file, for that may be a secret. */
const PROBLEMS: Readonly<Record<string, { message: string; hint: string }>> = {
  TAB_AS_INDENT: { message: 'a tab is used as indentation', hint: 'Indent with spaces.' },
  MULTIPLE_DOCS: {
    message: 'the file holds more than one document',
    hint: 'Remove the line `---` and what follows it.',
  },
  UNEXPECTED_TOKEN: {
    message: 'something stands here that does not belong to what is before it',
    hint: 'Check the indentation, and put texts with special characters in quotes.',
  },
  RESOURCE_EXHAUSTION: { message: 'values are nested too deeply here', hint: 'Nest them less.' },
  BAD_DQ_ESCAPE: {
    message: 'what follows the backslash is no escape',
    hint: 'Write \\\\ for a backslash, or use single quotes.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a mapping cannot start here',
    hint: 'Put a text that holds `: ` in quotes, and check the indentation of the next line.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key must stand on one line',
    hint: 'Is a colon missing, or is a line not indented?',
  },
};

function syntaxError(error: YAMLError, location: string): ProvisionError {
  if (error.code === 'TAG_RESOLVE_FAILED') {
    if (/!vault(-encrypted)?$/.test(error.message)) {
      return new ProvisionError('inventory-syntax', 'the tag !vault stands before something other than a text', {
        location,
        hint: 'Encrypt each text by itself, with `provision vault encrypt-string`, or the whole file.',
      });
    }
    // Any other tag may be a password that starts with !, and lacks its quotes.
    const tag = /!unsafe$/.exec(error.message)?.[0];
    const message = tag === undefined ? 'a tag stands here' : `the tag ${tag} is not supported`;
    return new ProvisionError('inventory-syntax', message, {
      location,
      hint: 'Remove the tag, or put a text that starts with ! in quotes.',
    });
  }
  const known = PROBLEMS[error.code];
  const message = known?.message ?? `this is not valid YAML: ${error.message}`;
  return new ProvisionError('inventory-syntax', message, {
    location,
    hint: known?.hint ?? 'Check quotes, brackets and indentation here and on the line before.',
  });
}
