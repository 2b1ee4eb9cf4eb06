// Tells whether the bundle of a checkout was made from the files that are there now. Runs at each start: it reads no file.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

/** What the bundle is made from, and by: our code, and the packages that are installed. */
const INPUTS = ['bin', 'src', 'roles', 'files', 'package.json', 'package-lock.json', 'node_modules/.package-lock.json'];

/** Written last of all, so that a bundle that was not finished counts as stale. */
const stampFile = (root) => path.join(root, 'dist', 'stamp');

/** Name, size and times of every input. The time of change is there because nobody can set it, as they can that of modification. */
function fingerprint(root) {
  const lines = [];
  const add = (name) => {
    const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const entry of fs.readdirSync(path.join(root, name)).sort()) add(`${name}/${entry}`);
    else lines.push(`${name} ${stat ? `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}` : 'missing'}`);
  };
  INPUTS.forEach(add);
  return `${lines.join('\n')}\n`;
}

function isFresh(root) {
  let stamp;
  try {
    stamp = fs.readFileSync(stampFile(root), 'utf8');
  } catch {
    return false;
  }
  return stamp === fingerprint(root);
}

module.exports = { fingerprint, isFresh, stampFile };
