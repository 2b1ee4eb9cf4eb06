/** Facts remembered from run to run, so that roles can be evaluated before the host has answered. Losing them costs one exchange. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Facts } from './facts.ts';

/** A host of an inventory: those of two inventories may have one name, and be different machines. */
export interface KnownHost {
  readonly name: string;
  /** `root@203.0.113.10:22` */
  readonly address: string;
}

export interface FactsMemory {
  recall(host: KnownHost): Promise<Facts | undefined>;
  remember(host: KnownHost, facts: Facts): Promise<void>;
}

/** Keeps one small file per host in that folder. What cannot be read or written is as good as never seen. */
export function factsFolder(folder: string): FactsMemory {
  const fileOf = ({ name, address }: KnownHost) => join(folder, `${encodeURIComponent(`${name} ${address}`)}.json`);
  return {
    async recall(host) {
      try {
        return JSON.parse(await readFile(fileOf(host), 'utf8')) as Facts;
      } catch {
        return undefined;
      }
    },
    async remember(host, facts) {
      const temporary = `${fileOf(host)}.${process.pid}`;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(temporary, JSON.stringify(facts));
        await rename(temporary, fileOf(host));
      } catch {
        // A cache that cannot be written is no reason to fail.
      }
    },
  };
}
