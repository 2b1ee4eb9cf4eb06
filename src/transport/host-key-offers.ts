import type { Client } from 'ssh2';

type OnGlobalRequest = (protocol: Protocol, name: string, wantsReply: boolean, data: unknown) => void;

interface Protocol {
  readonly _handlers: { GLOBAL_REQUEST: OnGlobalRequest };
  requestSuccess(): void;
}

/**
 * Has a client that connects take no notice of the other host keys that OpenSSH's server names after each login. By itself ssh2
 * has the server prove them all, with a signature of each: with an RSA key that takes the host some milliseconds of its
 * processor, and us the same number of checks, for keys that nobody here asks for.
 *
 * ssh2 offers no setting for this: that its client holds a `_protocol` with `_handlers` is known from its source (1.17).
 */
export function ignoreHostKeyOffers(client: Client): void {
  const { _protocol: protocol } = client as Client & { readonly _protocol: Protocol };
  const handlers = protocol._handlers;
  const others = handlers.GLOBAL_REQUEST;
  handlers.GLOBAL_REQUEST = (protocol, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com') others(protocol, name, wantsReply, data);
    else if (wantsReply) protocol.requestSuccess();
  };
}
