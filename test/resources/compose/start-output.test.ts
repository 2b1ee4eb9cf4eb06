import { describe, expect, it } from 'vitest';
import { startReasons } from '../../../src/resources/compose/start-output.ts';

const PORT_TAKEN =
  'driver failed programming external connectivity on endpoint shop-app-1 (ff388e): Error starting userland proxy: listen tcp4 127.0.0.1:18001: bind: address already in use';

/** As Compose 1.29.2 printed it, which Debian 12 has. */
const OLD = `Creating network "shop_default" with the default driver
Recreating 4f2a_shop-app-1 ... \r
Host is already in use by another container
Recreating 4f2a_shop-app-1 ... error\r

ERROR: for shop-app-1  Cannot start service app-1: ${PORT_TAKEN}

ERROR: for app-1  Cannot start service app-1: ${PORT_TAKEN}
Encountered errors while bringing up the project.
`;

/** As Compose 2.26 printed it, which Debian 13 has. */
const NEW = ` Network shop_default  Creating
 Network shop_default  Created
 Container shop-app-1  Creating
 Container shop-app-1  Created
 Container shop-app-1  Starting
Error response from daemon: ${PORT_TAKEN}
`;

describe('why a container does not start', () => {
  it.each([
    ['by the older program', OLD, `Cannot start service app-1: ${PORT_TAKEN}`],
    ['by the plugin', NEW, `Error response from daemon: ${PORT_TAKEN}`],
    ['in several lines', 'ERROR: for a  b:\nc\n\nERROR: for d  b:\nc\n', 'b:\nc'],
    [
      'by another program',
      'mkdir: cannot create directory: Read-only file system\n',
      'mkdir: cannot create directory: Read-only file system',
    ],
    ['with nothing but progress', 'Creating shop-app-1 ... error\n', 'Creating shop-app-1 ... error\n'],
  ])('is told once: %s', (_, output, reasons) => {
    expect(startReasons(output)).toBe(reasons);
  });
});
