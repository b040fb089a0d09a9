// Copies the runtime libraries and the icons that the UI uses from node_modules into src/vendor.
//
// What ships inside the app is exactly what vendor.lock.json names: every file is compared with the SHA-256 recorded
// there, so a package that changes under an unchanged version number stops the build instead of reaching a person.
//
//   node tools/vendor.mjs            copy, refuse what does not match
//   node tools/vendor.mjs --record   write the hashes of what is in node_modules now; review the diff

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const lockPath = join(root, 'vendor.lock.json');
const target = join(root, 'src/vendor');
const record = process.argv.includes('--record');

/** @type {{ files: Record<string, string>, icons: Record<string, string> }} */
const lock = JSON.parse(await readFile(lockPath, 'utf8'));

/**
 * @param {Record<string, string>} hashes
 * @param {string} name
 * @param {string} path
 */
async function verified(hashes, name, path) {
  const text = await readFile(join(root, 'node_modules', path), 'utf8').catch(() => {
    throw new Error(`${path} is not in node_modules. Run "npm ci" in ui/ first.`);
  });
  const hash = createHash('sha256').update(text).digest('hex');
  if (record) hashes[name] = hash;
  if (hashes[name] !== hash) {
    throw new Error(
      `${path} is not the file that vendor.lock.json records. ` +
        'If the change is wanted, review it and run "node tools/vendor.mjs --record".',
    );
  }
  return text;
}

/** Only shapes may come out of an icon: no script, no style, no reference to anything outside.
 * @param {string} name
 * @param {string} file
 */
function shapesOf(name, file) {
  const inner = /<svg[^>]*>([\s\S]*)<\/svg>/u.exec(file)?.[1]?.replace(/\s+/gu, ' ').trim();
  if (
    !inner ||
    !/^(?:<(?:path|circle|rect|line|polyline|polygon|ellipse)(?: [a-z0-9-]+="[\w\s.,+-]*")* ?\/> ?)+$/iu.test(inner)
  ) {
    throw new Error(`The icon "${name}" contains more than shapes.`);
  }
  return inner;
}

await rm(target, { recursive: true, force: true });

for (const path of Object.keys(lock.files)) {
  const text = await verified(lock.files, path, path);
  const to = join(target, path);
  await mkdir(dirname(to), { recursive: true });
  // Source maps are not shipped; a dangling reference would be a failing request in every inspector.
  await writeFile(to, text.replace(/\n\/\/# sourceMappingURL=.*\n?$/u, '\n'));
  if (!path.endsWith('.js')) continue;
  // One line that lets the type checker see the package's own declarations instead of the minified text.
  const declarations = relative(dirname(to), join(root, 'node_modules', path)).replaceAll('\\', '/');
  await writeFile(to.replace(/\.js$/u, '.d.ts'), `export * from '${declarations}';\n`);
}

const icons = [];
for (const name of Object.keys(lock.icons).sort()) {
  const shapes = shapesOf(name, await verified(lock.icons, name, `lucide-static/icons/${name}.svg`));
  icons.push(`  ${JSON.stringify(name)}: svg\`${shapes}\`,`);
}
await writeFile(
  join(target, 'icons.js'),
  [
    '// Lucide icons, ISC licence, https://lucide.dev. Written by tools/vendor.mjs.',
    "import { svg } from './lit-html/lit-html.js';",
    'export const icons = {',
    ...icons,
    '};',
    '',
  ].join('\n'),
);

if (record) await writeFile(lockPath, `${JSON.stringify(lock, null, 2)}\n`);
