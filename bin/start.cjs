// Checks the Node version, then loads the command line. CommonJS, so that an old Node gets as far as the message.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  const { node } = process.versions;
  process.stderr.write(`provision: needs Node.js 22.18 or newer; this is v${node} (${process.execPath}).\n`);
  process.exit(2);
}

// A container may run as a number that no user has, and without HOME: then there is no home to be found. Docker takes / too.
try {
  os.homedir();
} catch {
  process.env.HOME = '/';
}

// The compiled form of our modules is kept in the user's own folder: nobody else may put code there.
const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
require('node:module').enableCompileCache(path.join(cache, 'provision', 'compiled'));

// Stack traces of the bundle name the sources. Switched on before it is loaded, and only then: it takes time.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true);

const root = path.join(__dirname, '..');
const main = path.join(root, ...(runsSources() ? ['src', 'cli', 'main.ts'] : ['dist', 'src', 'cli', 'main.js']));
import(pathToFileURL(main).href).then(({ main }) => main(process.argv.slice(2)));

// A package holds the bundle alone. A checkout runs its sources as they are, unless they were bundled exactly so.
function runsSources() {
  if (!fs.existsSync(path.join(root, 'src'))) return false;
  return !require('./freshness.cjs').isFresh(root);
}
