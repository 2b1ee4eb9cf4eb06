/** Which images a Dockerfile builds upon. */
import { imageReference } from './image-name.ts';

const isImage = (name: string) => imageReference().safeParse(name).success;

/**
 * The images that `FROM` names, as far as they can be told from the text: stages and `scratch` are none, and a name with
 * an `ARG` in it counts where the argument is given or has a default.
 */
export function baseImages(dockerfile: string, args: Readonly<Record<string, string>> = {}): string[] {
  const stages = new Set(['scratch']);
  const values = new Map<string, string>();
  const images = new Set<string>();
  for (const line of dockerfile.split('\n')) {
    const [, name = '', initial = ''] = /^\s*ARG\s+(\w+)(?:=["']?([^\s"']*))?/i.exec(line) ?? [];
    // Only what stands before the first FROM can be used in one.
    if (name !== '' && stages.size === 1 && images.size === 0) values.set(name, args[name] ?? initial);
    const [, from, stage] = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$/i.exec(line) ?? [];
    if (from === undefined) continue;
    const image = from.replace(/\$\{?(\w+)\}?/g, (_, variable: string) => values.get(variable) ?? '');
    if (!stages.has(image) && isImage(image)) images.add(image);
    if (stage !== undefined) stages.add(stage);
  }
  return [...images];
}
