// Files of ui/, for tests that look at the sources.

import { readFileSync as read, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const VENDOR = 'src/vendor/';

/** @param {string} path */
export function readFileSync(path) {
  return read(join(root, path), 'utf8');
}

/**
 * Files below a folder. Vendored ones are not ours, and have to be asked for by their folder.
 * @param {string} folder
 * @param {string} ending
 */
export function globSync(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .filter((path) => folder.startsWith(VENDOR) || !path.startsWith(VENDOR));
}
