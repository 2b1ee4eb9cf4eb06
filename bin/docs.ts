/** Writes what in docs/ is made from the code: the JSON Schema of inventories. */
import { writeFileSync } from 'node:fs';
import { INVENTORY_SCHEMA } from '../src/installation.ts';
import { inventorySchema } from '../src/reference/inventory-schema.ts';

writeFileSync(INVENTORY_SCHEMA, `${JSON.stringify(await inventorySchema(), null, 2)}\n`);
