// Rules that the content policy, the threat model or the shape of the code ask of the sources.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { globSync, readFileSync } from './files.js';
import { findCircles, listKnown, readSources } from './sources.js';

const scripts = [
  ...globSync('src', '.js'),
  ...globSync('tests', '.js'),
  ...globSync('tests', '.mjs'),
  ...globSync('tools', '.mjs'),
];
const readAll = (/** @type {string[]} */ paths) => Object.fromEntries(paths.map((path) => [path, readFileSync(path)]));
const texts = readAll([...scripts, ...globSync('types', '.d.ts')]);
const sources = readSources(texts);
const modules = sources.filter(({ path }) => path.startsWith('src/'));

/** Sources without comments. */
const code = modules.map(({ path }) => {
  return { path, text: (texts[path] ?? '').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gmu, '') };
});
const offenders = (/** @type {RegExp} */ pattern, except = '') =>
  code.filter(({ path, text }) => path !== except && pattern.test(text)).map(({ path }) => path);

test('there are sources to look at', () => assert.ok(modules.length > 20));

test('no markup is made from text', () => {
  const makers = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafe(?:HTML|SVG)|createContextualFragment/u;
  assert.deepEqual(offenders(makers), []);
});

test('nothing is written to the disk of the web view', () => {
  assert.deepEqual(offenders(/localStorage|sessionStorage|indexedDB|document\.cookie|caches\./u), []);
});

test('the UI never talks to a network', () => {
  assert.deepEqual(offenders(/\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|RTCPeerConnection/u), []);
});

test('only shell.js knows Tauri', () => {
  assert.deepEqual(offenders(/__TAURI/u, 'src/shell.js'), []);
});

test('only composition.js tells the keys of an input method, by all that webviews say of them', () => {
  assert.deepEqual(offenders(/\b(?:isComposing|keyCode)\b/u, 'src/composition.js'), []);
});

test('no style attribute, which the content policy would ignore', () => {
  assert.deepEqual(offenders(/[^.]style=/u), []);
  assert.doesNotMatch(readFileSync('src/index.html'), /style=|<style|<script(?![^>]*src=)|\son\w+=/u);
});

test('no drawing waits for an animation frame, which a hidden WebKitGTK window never gets', () => {
  assert.deepEqual(offenders(/requestAnimationFrame/u), []);
});

test('every module of the first screen is asked for by the page itself, not only once another one has come', () => {
  const vendored = globSync('src/vendor/', '.js');
  const all = [...modules, ...readSources(readAll(vendored))];
  const runs = new Map(all.map(({ path, runs }) => [path, runs]));
  const reached = new Set(['src/main.js']);
  // Grows while it is walked.
  for (const path of reached) for (const next of runs.get(path) ?? []) reached.add(next);
  const tags = readFileSync('src/index.html').matchAll(/(?:modulepreload" href|module" src)="([^"]+)"/gu);
  const asked = [...tags].map(([, path]) => `src/${path}`);
  assert.deepEqual(asked.toSorted(), [...reached].toSorted());
});

test('every module is reached', () => {
  const known = new Set(sources.flatMap(listKnown));
  assert.deepEqual(modules.map(({ path }) => path).filter((path) => !known.has(path) && path !== 'src/main.js'), []);
});

test('the tests look at the styles of the page, in its order', () => {
  const styles = (/** @type {string} */ page) =>
    [...readFileSync(page).matchAll(/stylesheet" href="(?:\/src\/)?([^"]+)"/gu)].map(([, path]) => path);
  assert.deepEqual(styles('tests/harness.html'), styles('src/index.html'));
  const files = globSync('src/styles', '.css').map((path) => path.replace('src/', ''));
  assert.deepEqual(styles('src/index.html').toSorted(), files.toSorted(), 'every file is asked for');
});

test('modules do not know each other in circles, not even by their types', () => {
  assert.deepEqual(findCircles(sources.filter(({ path }) => !path.startsWith('tests/'))), []);
});

test('a slice of the state knows no other, and nothing that knows them', () => {
  const isState = (/** @type {string} */ path) => path.startsWith('src/state/');
  const root = modules.find(({ path }) => path === 'src/state/slices.js');
  const slices = root?.runs ?? [];
  assert.ok(slices.length > 10, 'the slices are found');
  const above = modules.filter(({ path, runs }) => isState(path) && runs.some((run) => slices.includes(run)));
  const forbidden = new Set([...slices, ...above.map(({ path }) => path)]);
  const wrong = modules
    .filter(({ path }) => slices.includes(path))
    .flatMap((slice) => listKnown(slice).map((known) => ({ path: slice.path, known })))
    .filter(({ known }) => forbidden.has(known) || (known.startsWith('src/') && !isState(known)));
  assert.deepEqual(wrong, []);
});

test('every line fits into 120 columns, and no file has more than 500 lines', () => {
  const paths = [...scripts, ...globSync('src', '.css'), ...globSync('src', '.html'), ...globSync('tests', '.html')];
  const lines = paths.map((path) => ({ path, lines: readFileSync(path).split('\n') }));
  const wide = lines.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => ([...line].length > 120 ? [`${path}:${index + 1}`] : [])),
  );
  assert.deepEqual(wide, []);
  // The empty text after the last line end is no line.
  assert.deepEqual(lines.filter(({ lines }) => lines.length - 1 > 500).map(({ path }) => path), []);
});

test('no function has more than 80 lines', () => {
  const long = sources.flatMap(({ path, functions }) =>
    functions.filter(({ lines }) => lines > 80).map(({ line, lines }) => `${path}:${line} has ${lines} lines`),
  );
  assert.deepEqual(long, []);
});

test('every hook for end-to-end tests is listed in tests/README.md', () => {
  const listed = readFileSync('tests/README.md');
  const found = code.flatMap(({ text }) => [...text.matchAll(/data-test="([a-zA-Z-]+)"/gu)]);
  const hooks = found.map(([, hook]) => hook ?? '');
  assert.deepEqual([...new Set(hooks)].filter((hook) => !listed.includes(`\`${hook}\``)), []);
});
