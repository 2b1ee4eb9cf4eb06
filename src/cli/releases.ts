import { EXIT, type ExitCode } from '../errors.ts';
import { createPaint } from '../report/colour.ts';
import { JSON_VERSION } from '../report/json.ts';
import { releaseLines } from '../report/releases-text.ts';
import type { Options } from './options.ts';
import { colourOf, withSession } from './session.ts';

/** `provision releases`: what the hosts keep, and what of it runs. */
export async function execute(options: Options): Promise<ExitCode> {
  return withSession(options, async ({ listReleases, print }) => {
    const { listings, error } = await listReleases();
    if (options.json)
      await print(listings.map((listing) => JSON.stringify({ version: JSON_VERSION, type: 'releases', ...listing })));
    else
      await print(
        releaseLines(listings, {
          columns: process.stdout.columns ?? 80,
          paint: createPaint(colourOf(process.stdout, options)),
        }),
      );
    if (error) throw error;
    return EXIT.ok;
  });
}
