/** Nothing: what a run costs that logs in, and looks at no more than what every run looks at. */
import { defineRole, z } from 'provision';

export default defineRole({ name: 'nothing', params: z.object({}), resources: () => [] });
