/** Modules of ssh2 that its types leave out. */
declare module 'ssh2/lib/agent.js' {
  import type ssh2 from 'ssh2';

  const agents: Pick<typeof ssh2, 'BaseAgent' | 'OpenSSHAgent'>;
  export default agents;
}

declare module 'ssh2/lib/client.js' {
  import { Client } from 'ssh2';

  export default Client;
}

declare module 'ssh2/lib/protocol/keyParser.js' {
  import type ssh2 from 'ssh2';

  const keys: Pick<typeof ssh2.utils, 'parseKey'>;
  export default keys;
}

declare module 'ssh2/lib/keygen.js' {
  import type ssh2 from 'ssh2';

  const keygen: Pick<typeof ssh2.utils, 'generateKeyPairSync'>;
  export default keygen;
}
