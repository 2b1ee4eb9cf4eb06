/** What was answered so far, kept from one run to the next: for the one who typed it alone. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ProvisionError } from '../errors.ts';

export interface Draft {
  /** The inventory that was opened; undefined: a new one. */
  readonly inventory: string | undefined;
  readonly answers: Readonly<Record<string, string | string[]>>;
  /** What the inventory that was opened said, and by what its text is known. */
  readonly opened?:
    | { readonly answers: Readonly<Record<string, string | string[]>>; readonly digest: string }
    | undefined;
  /** The question that was being answered: of its list there may be more to come. */
  readonly unfinished?: string | undefined;
  /** When it was written, milliseconds since 1970. */
  readonly at: number;
}

const answersSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const schema = z.object({
  version: z.literal(1),
  inventory: z.string().optional(),
  answers: answersSchema,
  opened: z.object({ answers: answersSchema, digest: z.string() }).optional(),
  unfinished: z.string().optional(),
  at: z.number(),
});

export interface DraftFile {
  readonly path: string;
  /** undefined where there is none that can be read. */
  read(): Draft | undefined;
  /** @throws ProvisionError `file-unwritable` */
  write(draft: Omit<Draft, 'at'>): void;
  remove(): void;
}

/**
 * The draft that belongs to a folder.
 * @param env XDG_STATE_HOME says where programs keep their state
 */
export function draftOf(folder: string, env: NodeJS.ProcessEnv, home: string): DraftFile {
  const state = env.XDG_STATE_HOME || join(home, '.local', 'state');
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const path = join(state, 'provision', 'drafts', `${digest}.json`);
  return {
    path,
    read() {
      try {
        const { inventory, answers, opened, unfinished, at } = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
        return { inventory, answers, opened, unfinished, at };
      } catch {
        return undefined;
      }
    },
    write(draft) {
      const temporary = `${path}.${process.pid}`;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(temporary, JSON.stringify({ version: 1, ...draft, at: Date.now() }), { mode: 0o600 });
        renameSync(temporary, path);
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        throw new ProvisionError('file-unwritable', `the answers cannot be kept in ${path}: ${code}`, {
          hint: 'Let XDG_STATE_HOME name a folder that can be written to.',
          cause,
        });
      }
    },
    remove: () => rmSync(path, { force: true }),
  };
}
