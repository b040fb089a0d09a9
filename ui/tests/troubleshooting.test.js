// docs/troubleshooting.md quotes what Conclave says when something is wrong: sentences of the Fluent file as block
// quotes, what programs print without it as code in the first column of a table.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FluentResource } from '../src/vendor/@fluent/bundle/esm/index.js';
import { globSync, readFileSync } from './files.js';

/** @typedef {NonNullable<FluentResource['body'][number]['value']>} Pattern */

/** Sentences that begin so tell of trouble, */
const FAMILIES = [
  ...['error-', 'fault-', 'folder-', 'connection-', 'hosting-', 'incomplete-', 'phase-', 'reorganised-', 'state-'],
  'system-',
];

/** but not these, which are news, labels and buttons. */
const ORDINARY = new Set([
  'connection-connecting', 'connection-catchingUp', 'connection-online', 'connection-retry',
  'hosting-starting', 'hosting-running', 'hosting-reach-short', 'hosting-short-starting', 'hosting-short-running',
  'hosting-count',
  'hosting-stop', 'hosting-stop-short', 'hosting-start', 'hosting-start-short', 'hosting-renew', 'hosting-details',
  'hosting-others-title',
  'incomplete-anew', 'folder-keep-nothing',
  'phase-leaving', 'phase-short-joining', 'phase-short-awaitingConfirmation', 'phase-short-knocking',
  'phase-short-leaving',
  'reorganised-look', 'reorganised-people', 'reorganised-words',
  'state-stored', 'state-delivered', 'state-viewed',
  'system-created', 'system-youJoined', 'system-joined', 'system-letIn',
  'system-letIn-own', 'system-left', 'system-removed', 'system-removed-own', 'system-rejoined',
  'system-renamed', 'system-rulesChanged', 'system-locked', 'system-unlocked',
  'system-locked-own', 'system-unlocked-own',
  'system-titleChanged', 'system-title-given', 'system-title-taken',
  'system-noteChanged', 'system-note-given', 'system-note-taken',
  'system-messageTtlChanged', 'system-idleTtlChanged', 'system-maxMembersChanged', 'system-eraseByChanged',
]);

/** These tell of trouble as well. */
const BESIDES = [
  'starting-failed', 'unlock-forgotten', 'unlock-keyring-silent', 'damaged-file', 'room-unopened', 'toast-left-untold',
  'bytes-over', 'composer-silent', 'unsupported', 'claimed-at',
  'knocking-stopped-title', 'knocking-turnedAway', 'knocking-over', 'knocking-owner-away', 'knocking-unreachable',
  'knocking-misbehaved', 'knocking-words-different', 'give-up-over', 'knocks-full',
  'knock-unreached', 'joining-gone', 'knock-ambiguous',
  'spoken-most', 'spoken-locked', 'spoken-state-wrongWords', 'spoken-state-crowded', 'spoken-state-ended',
  'let-in-different', 'let-in-over', 'knock-admitted', 'door-for-good-knocks', 'invite-lead-knocks',
  'unvouched-title', 'unvouched-why', 'unvouched-different', 'invite-title-unreached', 'invite-unreached',
  'preview-not-pinned', 'ambiguous', 'ambiguous-hint', 'check-none', 'check-different',
  'stay-unconfirmed', 'rejoin-over-title', 'rejoin-over',
  'relay-full', 'room-full', 'room-full-hint', 'room-full-longest',
  'view-once-unread', 'view-once-gone', 'view-once-own-unread', 'view-once-own-gone',
  'toast-waits', 'toast-left-closing', 'composer-closing', 'idle-ends', 'door-locked-for-good', 'invite-lead-locked',
  'invite-locked', 'leave-unknown', 'remove-member-over',
  'composer-erasing', 'erase-asked-unsure', 'erase-asked-left', 'burned-over', 'burned-lie', 'waiting', 'change-waits',
  'moved-unsent', 'moved-came', 'moved-came-what', 'toast-moved-away', 'take-back-over', 'door-move', 'follow-over',
  'ended-closedByOwner', 'ended-erasedByOwner', 'ended-erasedByMember', 'ended-idle', 'ended-erasedHere',
  'ended-others',
];

const guide = readFileSync('../docs/troubleshooting.md');

/** Every id with the ways in which its sentence can come out, placeables as they are written. */
const sentences = new Map(
  new FluentResource(readFileSync('locales/en/conclave.ftl')).body.map(({ id, value }) => [id, ways(value ?? '')]),
);

const troubles = [...sentences.keys()]
  .filter((id) => FAMILIES.some((family) => id.startsWith(family)) && !ORDINARY.has(id))
  .concat(BESIDES);

/** A paragraph of a block quote is a sentence, however it is wrapped. */
const quoted = [...guide.matchAll(/^>.*(?:\n>.*)*/gmu)]
  .flatMap(([quote]) => quote.replace(/^> ?/gmu, '').split(/\n\n/u))
  .map((sentence) => sentence.replace(/\s+/gu, ' ').trim());

const printed = [...guide.matchAll(/^\| (`.*?) \|/gmu)]
  .flatMap(([, cell]) => [...(cell ?? '').matchAll(/`([^`]+)`/gu)])
  .map(([, words]) => words ?? '');

test('every sentence that tells of trouble is explained in docs/troubleshooting.md', () => {
  assert.ok(troubles.length > 100 && quoted.length > 100, 'the search finds sentences at all');
  const missing = troubles
    .flatMap((id) => (sentences.get(id) ?? ['there is none']).map((way) => ({ id, way })))
    .filter(({ way }) => !quoted.includes(way))
    .map(({ id, way }) => `${id} = ${way}`);
  assert.deepEqual(missing, [], 'quote it there, or name it in ORDINARY if nobody has to do anything about it');
});

test('every sentence that docs/troubleshooting.md quotes is one that the app says', () => {
  const said = new Set([...sentences.values()].flat());
  assert.deepEqual(quoted.filter((sentence) => !said.has(sentence)), []);
});

test('every sentence that is left out of docs/troubleshooting.md exists', () => {
  assert.deepEqual([...ORDINARY].filter((id) => !sentences.has(id)), []);
});

test('what docs/troubleshooting.md says that programs print stands in their sources', () => {
  const folders = ['../relay/src', '../crates/cli/src', '../crates/engine/src', '../src-tauri'];
  const sources = folders.flatMap((folder) => globSync(folder, '.rs'));
  // A text over several lines is one, and what is put into it is "…" as there.
  const code = sources
    .map(readFileSync)
    .join('\n')
    .replace(/\\\n\s*/gu, '')
    .replaceAll('\\"', '"')
    .replace(/\{[^{}\n]*\}/gu, '…');
  assert.ok(printed.length > 40, 'the search finds them at all');
  assert.deepEqual(printed.filter((words) => !code.includes(words)), []);
});

test('every link within docs/troubleshooting.md leads to one of its headings', () => {
  const titles = [...guide.matchAll(/^#+ (.+)$/gmu)].map(([, title]) => title ?? '');
  const anchors = titles.map((title) => title.toLowerCase().replace(/[^\w\s-]/gu, '').replace(/ /gu, '-'));
  const links = [...guide.matchAll(/\]\(#([^)]+)\)/gu)].map(([, anchor]) => anchor ?? '');
  assert.deepEqual(links.filter((anchor) => !anchors.includes(anchor)), []);
});

/**
 * @param {Pattern} pattern
 * @returns {string[]}
 */
function ways(pattern) {
  if (typeof pattern === 'string') return [pattern];
  const join = (/** @type {string[]} */ heads, /** @type {string[]} */ tails) =>
    heads.flatMap((head) => tails.map((tail) => head + tail));
  return pattern.map(waysOf).reduce(join, ['']);
}

/**
 * @param {Exclude<Pattern, string>[number]} part
 * @returns {string[]}
 */
function waysOf(part) {
  if (typeof part === 'string') return [part];
  if (part.type === 'select') return part.variants.flatMap((variant) => ways(variant.value));
  if (part.type === 'var') return [`{ $${part.name} }`];
  throw new Error(`no sentence here has a placeable of the type ${part.type} yet`);
}
