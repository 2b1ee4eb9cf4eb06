/** A Docker Engine that does not answer: how its client tells it, and how we do. */

export const NO_ENGINE = 'the Docker Engine does not answer';

/** @param output what a docker command printed that failed */
export function isEngineDown(output: string): boolean {
  return /Cannot connect to the Docker daemon/.test(output);
}
