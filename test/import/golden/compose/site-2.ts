/** Imported from site.yml: 0 of 1 tasks. */
import { defineRole, z } from 'provision';

export default defineRole({
  name: 'site-2',
  params: z.object({}),
  resources: () => [
    // NOT TRANSLATED: site.yml:21 the module wait_for has no equivalent
    // Use httpCheck or port.
    //   name: the engine answers
    //   wait_for: { path: /run/docker.sock }
    // and from what it stands in:
    //   become: true
  ],
});
