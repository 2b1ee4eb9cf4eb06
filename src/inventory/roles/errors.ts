import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { placeInRoles } from '../../engine/role-origin.ts';
import { ProvisionError } from '../../errors.ts';

/** What is wrong with a module, in words for its author. */
interface Diagnosis {
  readonly message: string;
  readonly hint: string;
  readonly location: string | undefined;
}

/** The error for a role's file that cannot be imported: where and why, and how to write it instead. */
export function roleImportError(role: string, file: string, error: unknown): ProvisionError {
  if (error instanceof ProvisionError) return error;
  const { message, hint, location } = diagnose(file, error instanceof Error ? error : new Error(String(error)));
  return new ProvisionError('role-invalid', `the role ${role} cannot be loaded: ${message}`, {
    location: location ?? file,
    hint,
    cause: error,
  });
}

/**
 * What nobody waited for and a user's role threw all the same, such as in a timer or a promise of its own: that role's failure.
 * Anything else is given back as it is.
 */
export function strayError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ProvisionError) return error;
  const place = placeInRoles(error);
  if (place === undefined) return error;
  const role = place.role === undefined ? 'a role' : `the role ${place.role}`;
  return new ProvisionError('role-invalid', `${role} failed where nobody waited for it: ${error.message}`, {
    location: place.location,
    hint: 'Correct the role: a role answers at once, without timers and promises. --debug shows the whole stack trace.',
    cause: error,
  });
}

function diagnose(file: string, error: Error & { code?: string }): Diagnosis {
  const location = locationIn(error);
  if (error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const message = error.message.replace(' is not supported in strip-only mode', '');
    return { location, message: `${message} cannot be used`, hint: unsupportedHint(message) };
  }
  if (error.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX') {
    return { location, message: error.message, hint: 'Correct the syntax there.' };
  }
  if (error.code === 'ERR_MODULE_NOT_FOUND') return notFound(file, error);
  if (error.code === 'ERR_UNSUPPORTED_DIR_IMPORT') return notFound(file, error);
  const [, specifier, name] = /module '(.+)' does not provide an export named '(.+)'/.exec(error.message) ?? [];
  if (name !== undefined) {
    const hint = `If ${name} is a type, write \`import type { ${name} } from '${specifier}'\`; else check its name.`;
    return { location, message: `'${specifier}' exports no value ${name}`, hint };
  }
  return { location: location ?? frameIn(error, file), message: error.message, hint: 'Correct the code there.' };
}

function unsupportedHint(message: string): string {
  if (message.includes('enum')) return "Write a union of texts instead: `type Color = 'red' | 'blue'`.";
  if (message.includes('property')) return 'Declare the property in the class, and assign it in the constructor.';
  if (message.includes('namespace')) return 'Write plain functions and constants, each with `export`.';
  return 'Use only types that can be removed without changing the code (`erasableSyntaxOnly` in tsconfig.json).';
}

function notFound(file: string, error: Error & { code?: string }): Diagnosis {
  const [, target = '', importer = file] = /'(.+)' (?:is not .+ )?imported from (.+)$/.exec(error.message) ?? [];
  const isPackage = error.message.startsWith('Cannot find package');
  const { text, location } = findImport(importer, isPackage ? target : basename(target));
  const message = `there is no ${isPackage ? 'package' : 'file'} '${text}'`;
  if (isPackage) {
    const hint = `Install it beside the inventory (npm install ${target}); \`provision\` and \`zod\` are always there.`;
    return { location, message, hint };
  }
  if (error.code === 'ERR_UNSUPPORTED_DIR_IMPORT') {
    return { location, message: `'${text}' is a folder`, hint: `Name the file in it: \`${text}/index.ts\`.` };
  }
  const hint = 'Check its path, which is relative to the file that imports it.';
  if (extname(target) !== '') return { location, message, hint };
  return { location, message, hint: `Write the whole name of the file, with its extension: \`${text}.ts\`.` };
}

/** Where a file imports something whose name ends so. */
function findImport(importer: string, ending: string): { text: string; location: string } {
  const lines = readFileSync(importer, 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    const match = /(?:from|import)\s*\(?\s*(['"])(.*?)\1/.exec(line);
    if (match?.[2] === undefined || !match[2].endsWith(ending)) continue;
    return { text: match[2], location: `${importer}:${i + 1}:${line.indexOf(match[2], match.index)}` };
  }
  return { text: ending, location: importer };
}

/** Node puts `file:line`, that line and a caret under its column before the stack of a syntax error. */
function locationIn(error: Error): string | undefined {
  const [first = '', ...lines] = (error.stack ?? '').split('\n');
  const [, path, line] = /^((?:file:\/\/)?\/.*):(\d+)$/.exec(first) ?? [];
  if (path === undefined) return undefined;
  const caret = lines.find((text) => /^\s*\^+\s*$/.test(text));
  const column = caret === undefined ? '' : `:${caret.indexOf('^') + 1}`;
  return `${path.startsWith('file:') ? fileURLToPath(path) : path}:${line}${column}`;
}

/** The first place in the file itself that the stack of an error thrown by it goes through. */
function frameIn(error: Error, file: string): string | undefined {
  const url = pathToFileURL(file).href;
  const frame = (error.stack ?? '').split('\n').find((line) => line.includes(`${url}:`));
  const position = frame?.slice(frame.indexOf(url) + url.length).match(/^:\d+:\d+/)?.[0];
  return position && file + position;
}
