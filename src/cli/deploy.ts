/** What redeploy and rollback have in common: the proof beside them, and what is told at their end. */
import type { ProofReport } from '../deploy/prove.ts';
import type { DeployResult } from '../deploy/run.ts';
import type { ExitCode } from '../errors.ts';
import { createPaint } from '../report/colour.ts';
import { recordJson } from '../report/json.ts';
import { leftOutLines, outcomeLines } from '../report/outcome-text.ts';
import { proofLines } from '../report/proof-text.ts';
import type { Options } from './arguments/options.ts';
import { colourOf, columnsOf } from './print.ts';
import { type DeployWish, exitCodeOf, withLoggedSession } from './session.ts';

/** How long a proof looks at the site before and after, milliseconds. */
const PROOF_MARGIN_MS = 2_000;

export async function deployAndTell(options: Options, wish: DeployWish): Promise<ExitCode> {
  return withLoggedSession(
    wish.action === 'rollback' ? 'rollback' : 'redeploy',
    options,
    async ({ deploy, siteUrl, print }) => {
      const { proof, ...result } = await prove(options.prove, siteUrl, () => deploy(wish));
      await print(endOf(result, proof, options));
      return exitCodeOf(result.summaries);
    },
  );
}

/** What is told at the end of a redeploy, after the table of hosts. */
export function endOf(
  { outcomes, leftOut }: DeployResult,
  proof: ProofReport | undefined,
  options: Options,
): readonly string[] {
  if (options.json) {
    return [
      ...outcomes.map((outcome) => recordJson('release', { release: outcome })),
      ...leftOut.map((one) => recordJson('release-left-out', one)),
      ...(proof ? [recordJson('proof', { proof })] : []),
    ];
  }
  const text = { columns: columnsOf(process.stdout), paint: createPaint(colourOf(process.stdout, options)) };
  return [
    ...(proof ? ['', `asked meanwhile: ${proof.url}`, ...proofLines(proof, text)] : []),
    ...outcomes.flatMap((outcome) => ['', ...outcomeLines(outcome, text)]),
    ...leftOut.flatMap((one) => ['', ...leftOutLines(one, text.columns)]),
  ];
}

async function prove<T>(wanted: string | undefined, siteUrl: () => Promise<string>, work: () => Promise<T>) {
  if (wanted === undefined) return { ...(await work()), proof: undefined };
  const { startProof } = await import('../deploy/prove.ts');
  const { checkProofUrl } = await import('../deploy/site-request.ts');
  const { setTimeout: sleep } = await import('node:timers/promises');
  const proof = startProof({ url: checkProofUrl(wanted === 'auto' ? await siteUrl() : wanted).href });
  try {
    await sleep(PROOF_MARGIN_MS);
    await proof.requireAnswer();
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
