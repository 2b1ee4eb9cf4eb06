import { EXIT, type ExitCode } from '../../errors.ts';
import { recordJson } from '../../report/json.ts';
import { releaseLines } from '../../report/releases-text.ts';
import type { Options } from '../arguments/options.ts';
import { textOptions } from '../print.ts';
import { withSession } from '../session.ts';

/** `provision releases`: what the hosts keep, and what of it runs. */
export async function execute(options: Options): Promise<ExitCode> {
  return withSession(options, async ({ listReleases, print }) => {
    const { listings, error } = await listReleases();
    await print(
      options.json
        ? listings.map((listing) => recordJson('releases', listing))
        : releaseLines(listings, textOptions(options)),
    );
    if (error) throw error;
    return EXIT.ok;
  });
}
