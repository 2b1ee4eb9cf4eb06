import { evaluateBalancer } from '../engine/evaluate.ts';
import { ASSUMED_FACTS } from '../engine/facts.ts';
import type { FactsMemory } from '../engine/facts-memory.ts';
import { ProvisionError } from '../errors.ts';
import { type DeployTasks, participantsOf } from './participants.ts';

/**
 * Where visitors find what the first load balancer that takes part serves, as far as the inventory tells: its address, and the page of its
 * application's health check.
 * @throws ProvisionError `usage` where no host is a load balancer
 */
export async function siteUrl(tasks: DeployTasks, memory: FactsMemory): Promise<string> {
  const { hosts } = await participantsOf(tasks, memory);
  for (const { task } of hosts) {
    const balancer = evaluateBalancer(task, (await memory.recall(task)) ?? ASSUMED_FACTS);
    if (balancer?.site === undefined) continue;
    const { tls, port, path } = balancer.site;
    const host = task.hostname.includes(':') ? `[${task.hostname}]` : task.hostname;
    return new URL(path, `${tls ? 'https' : 'http'}://${host}:${port}`).href;
  }
  throw new ProvisionError('usage', 'no load balancer of the inventory has a site to ask', {
    hint: 'Say where visitors find it: --prove=https://shop.example.com/.',
  });
}
