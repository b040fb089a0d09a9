// Files of ui/, for tests that look at the sources.

import { readFileSync as read, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} path */
export function readFileSync(path) {
  return read(join(root, path), 'utf8');
}

/**
 * Own files below a folder; vendored ones are not ours.
 * @param {string} folder
 * @param {string} ending
 */
export function globSync(folder, ending) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.startsWith('src/vendor/'));
}
