/** What redeploy and rollback have in common: the proof beside them, and what is told at their end. */
import type { ExitCode } from '../errors.ts';
import { createPaint } from '../report/colour.ts';
import { JSON_VERSION } from '../report/json.ts';
import { outcomeLines } from '../report/outcome-text.ts';
import { proofLines } from '../report/proof-text.ts';
import type { Options } from './options.ts';
import { colourOf, type DeployWish, exitCodeOf, withSession } from './session.ts';

/** How long a proof looks at the site before and after, milliseconds. */
const PROOF_MARGIN_MS = 2_000;

export async function deployAndTell(options: Options, wish: DeployWish): Promise<ExitCode> {
  return withSession(options, async ({ deploy, siteUrl, print }) => {
    const { summaries, outcomes, proof } = await prove(options.prove, siteUrl, () => deploy(wish));
    if (options.json) {
      const lines = [
        ...outcomes.map((outcome) => ({ type: 'release', ...outcome })),
        ...(proof ? [{ type: 'proof', proof }] : []),
      ];
      await print(lines.map((line) => JSON.stringify({ version: JSON_VERSION, ...line })));
    } else {
      const text = { columns: process.stdout.columns ?? 80, paint: createPaint(colourOf(process.stdout, options)) };
      const told = outcomes.flatMap((outcome) => ['', ...outcomeLines(outcome, text)]);
      await print([...told, ...(proof ? ['', ...proofLines(proof, text)] : [])]);
    }
    return exitCodeOf(summaries);
  });
}

async function prove<T>(wanted: string | undefined, siteUrl: () => Promise<string>, work: () => Promise<T>) {
  if (wanted === undefined) return { ...(await work()), proof: undefined };
  const { startProof, checkProofUrl } = await import('../deploy/prove.ts');
  const { setTimeout: sleep } = await import('node:timers/promises');
  const proof = startProof({ url: checkProofUrl(wanted === 'auto' ? await siteUrl() : wanted).href });
  try {
    await sleep(PROOF_MARGIN_MS);
    proof.enter('during');
    const result = await work();
    proof.enter('after');
    await sleep(PROOF_MARGIN_MS);
    return { ...result, proof: await proof.stop() };
  } catch (error) {
    await proof.stop();
    throw error;
  }
}
