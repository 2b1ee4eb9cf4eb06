/** Addresses for tests: all that a test does not care about is filled in. */
import type { HostAddress } from '../../src/transport/types.ts';

export function addressOf(settings: Partial<HostAddress> = {}): HostAddress {
  return {
    name: 'web1',
    transport: 'ssh',
    hostname: '192.0.2.1',
    port: 22,
    user: 'root',
    keyFiles: [],
    jumps: [],
    hostKeys: { mode: 'strict', knownHostsFiles: [], pinned: [] },
    become: { method: 'auto' },
    connectTimeoutMs: 10_000,
    keepAliveMs: 10_000,
    ...settings,
  };
}
