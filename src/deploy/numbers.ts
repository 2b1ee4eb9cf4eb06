/**
 * The numbers of releases that load balancers know to be given. A redeploy of some hosts does not reach the others, but it does
 * reach the load balancers that they share: so a number that one host got is not given to another one for something else.
 */
import { ProvisionError } from '../errors.ts';
import { checkResult } from '../resources/compose/start.ts';
import { sh } from '../shell/sh.ts';
import type { DeployHost } from './deploy-host.ts';
import { CONFIG_FOLDER } from './releases.ts';

/** The highest number that any of them knows of; 0 where none does. */
export async function highestGiven(balancers: readonly DeployHost[], project: string): Promise<number> {
  // Older versions left only the configurations, which are named by the number.
  const script = sh`
    cd ${`${CONFIG_FOLDER}/${project}`} 2>/dev/null || exit 0
    { cat last 2>/dev/null; ls | grep -x '[0-9]*\.cfg'; } | sort -n | tail -n 1
  `;
  const found = await Promise.all(balancers.map(({ connection }) => connection.run(script)));
  return Math.max(0, ...found.map(({ stdout }) => Number(/^\d+/.exec(stdout)?.[0] ?? 0)));
}

/** Has them know that a number is given, before any host has it. */
export async function noteNumber(balancers: readonly DeployHost[], project: string, number: number): Promise<void> {
  const folder = `${CONFIG_FOLDER}/${project}`;
  const script = sh`
    umask 077
    mkdir -p ${folder} && echo ${number} >${`${folder}/last.new`} && mv ${`${folder}/last.new`} ${`${folder}/last`}
  `;
  for (const { name, connection } of balancers) {
    const result = await connection.run(script);
    try {
      checkResult(result, `the number of release ${number} could not be written down`);
    } catch (error) {
      throw error instanceof ProvisionError ? error.at({ host: name }) : error;
    }
  }
}
