/** The parts of ssh2 that we use. Its index would load servers and proxies as well, and for them HTTP and TLS. */
import type ssh2 from 'ssh2';
import agents from 'ssh2/lib/agent.js';
import client from 'ssh2/lib/client.js';
import keys from 'ssh2/lib/protocol/keyParser.js';

export const Client: typeof ssh2.Client = client;
export const BaseAgent: typeof ssh2.BaseAgent = agents.BaseAgent;
export const OpenSSHAgent: typeof ssh2.OpenSSHAgent = agents.OpenSSHAgent;
export const parseKey: typeof ssh2.utils.parseKey = keys.parseKey;
