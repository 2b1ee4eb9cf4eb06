// Checks the Node version, then loads the command line. CommonJS, so that an old Node gets as far as the message.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`provision: needs Node.js 22.18 or newer; this is ${process.version} (${process.execPath}).\n`);
  process.exit(2);
}

// The compiled form of our modules is kept in the user's own folder: nobody else may put code there.
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
require('node:module').enableCompileCache(path.join(cache, 'provision', 'compiled'));

// A checkout runs its sources as they are; the package holds compiled ones, for Node strips no types below node_modules.
const source = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
const compiled = path.join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');
import(pathToFileURL(fs.existsSync(source) ? source : compiled).href).then(({ main }) => main(process.argv.slice(2)));
