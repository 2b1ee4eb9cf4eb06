import type { Module } from './module.ts';
import { refuseOptions } from './options.ts';

/** Modules that leave the host as it is, and mean nothing to a role. */
export const nothing: Module = {
  names: ['debug', 'setup', 'gather_facts', 'package_facts', 'service_facts', 'ping', 'pause'],
  translate(args, _context) {
    args.ignore(
      'msg',
      'var',
      'verbosity',
      '_raw',
      'gather_subset',
      'filter',
      'manager',
      'data',
      'seconds',
      'minutes',
      'echo',
    );
    refuseOptions(args, [['prompt', undefined, 'it asks a person', 'Do what shall be seen to first by hand.']]);
    return { resources: [] };
  },
};
