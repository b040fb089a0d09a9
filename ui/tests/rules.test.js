// Rules that the content policy or the threat model ask of the sources.

import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { globSync, readFileSync } from './files.js';

const sources = globSync('src', '.js').map((path) => ({ path, text: readFileSync(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gmu, '') }));
const offenders = (/** @type {RegExp} */ pattern, except = '') => sources.filter(({ path, text }) => path !== except && pattern.test(text)).map(({ path }) => path);

test('there are sources to look at', () => assert.ok(sources.length > 20));

test('no markup is made from text', () => {
  assert.deepEqual(offenders(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafe(?:HTML|SVG)|createContextualFragment/u), []);
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

test('no style attribute, which the content policy would ignore', () => {
  assert.deepEqual(offenders(/[^.]style=/u), []);
  assert.doesNotMatch(readFileSync('src/index.html'), /style=|<style|<script(?![^>]*src=)|\son\w+=/u);
});

test('no drawing waits for an animation frame, which a hidden WebKitGTK window never gets', () => {
  assert.deepEqual(offenders(/requestAnimationFrame/u), []);
});

test('every module is asked for by the page itself, not only once another one has come', () => {
  const reached = new Set(['main.js']);
  // Grows while it is walked.
  for (const module of reached) {
    const text = readFileSync(`src/${module}`).replace(/\/\*[\s\S]*?\*\//gu, '');
    for (const [, path] of text.matchAll(/\b(?:from|import) ?["'](\.[^"']+)["']/gu)) reached.add(posix.join(posix.dirname(module), path ?? ''));
  }
  const asked = [...readFileSync('src/index.html').matchAll(/(?:modulepreload" href|module" src)="([^"]+)"/gu)].map(([, path]) => path);
  assert.deepEqual(asked.toSorted(), [...reached].toSorted());
});

test('every file stays readable', () => {
  for (const path of [...globSync('src', '.js'), ...globSync('src', '.css'), ...globSync('tests', 'js')]) {
    const lines = readFileSync(path).split('\n').length;
    assert.ok(lines <= 600, `${path} has ${lines} lines`);
  }
});

test('every hook for end-to-end tests is listed in tests/README.md', () => {
  const listed = readFileSync('tests/README.md');
  const hooks = sources.flatMap(({ text }) => [...text.matchAll(/data-test="([a-zA-Z-]+)"/gu)].map((match) => match[1] ?? ''));
  assert.deepEqual([...new Set(hooks)].filter((hook) => !listed.includes(`\`${hook}\``)), []);
});
