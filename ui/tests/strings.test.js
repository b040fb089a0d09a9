import assert from 'node:assert/strict';
import { globSync, readFileSync } from './files.js';
import { test } from 'node:test';
import { createStrings } from '../src/strings.js';
import { variants } from './api.js';
import { LIFETIMES, SIZES } from '../src/choices.js';

const ftl = readFileSync('locales/en/conclave.ftl');
const known = [...ftl.matchAll(/^([a-z][\w-]*) =/gmu)].map((match) => match[1] ?? '');
const code = globSync('src', '.js').map(readFileSync).join('\n');

/** Sentences whose id is put together from a value of the engine. */
const families = {
  'error-': [...variants('ErrorCode'), 'passphrase-differs'],
  'slip-': variants('Slip', 'kind'),
  'fault-': variants('LinkFault'),
  'connection-': variants('Connection', 'kind'),
  'hosting-': variants('HostingState'),
  'hosting-short-': variants('HostingState'),
  'phase-': variants('RoomPhase').filter((phase) => phase !== 'open' && phase !== 'ended'),
  'phase-short-': variants('RoomPhase').filter((phase) => !['open', 'locked', 'ended'].includes(phase)),
  'knocking-': variants('KnockingState').flatMap((state) =>
    state === 'waiting' ? ['waiting-title'] : [state, `${state}-title`],
  ),
  'spoken-state-': variants('SpokenState'),
  'ended-': variants('Ended'),
  'ended-short-': variants('Ended'),
  'state-': [...variants('MessageState'), 'delivered', 'viewed'],
  'view-once-': variants('CardState').filter((card) => card !== 'sealed'),
  'view-once-own-': variants('CardState').filter((card) => card !== 'sealed' && card !== 'opened'),
  'receipts-': variants('Receipts'),
  'erase-by-': variants('EraseBy'),
  'rules-erase-by-': variants('EraseBy'),
  'rules-receipts-': variants('Receipts').filter((receipts) => receipts !== 'none'),
  'copy-': variants('InvitationForm'),
  'folder-': variants('FolderTrouble'),
  'system-': [
    ...variants('SystemLine', 'event'),
    ...['removed', 'removed-own', 'eraseRefused-own', 'locked-own', 'unlocked-own', 'letIn-own'],
    ...['title-given', 'title-taken', 'note-given', 'note-taken'],
  ],
  'waiting-': variants('Waiting', 'kind'),
};
const composed = Object.entries(families).flatMap(([prefix, values]) => values.map((value) => prefix + value));

test('the Fluent file has no mistake and no sentence twice', () => {
  /** @type {Error[]} */
  const problems = [];
  createStrings('en', ftl, (problem) => problems.push(problem));
  assert.deepEqual(problems, []);
  assert.deepEqual(known.filter((id, index) => known.indexOf(id) !== index), []);
});

test('every sentence that the UI asks for exists', () => {
  const literal = [...code.matchAll(/\bt\(\s*'([a-z][\w-]*)'/gu)].map((match) => match[1] ?? '');
  assert.ok(literal.length > 150, 'the search finds the calls at all');
  assert.deepEqual([...new Set([...literal, ...composed])].filter((id) => !known.includes(id)), []);
});

test('every id that is put together in the code belongs to a family that is checked here', () => {
  const prefixes = [...code.matchAll(/\bt\(`([\w-]+-)\$\{/gu)].map((match) => match[1] ?? '');
  assert.deepEqual([...new Set(prefixes)].filter((prefix) => !(prefix in families)), []);
});

test('every sentence is asked for', () => {
  assert.deepEqual(known.filter((id) => !code.includes(`'${id}'`) && !composed.includes(id)), []);
});

test('what a room cannot have names what it can', () => {
  const { t } = createStrings('en', ftl, (problem) => assert.fail(problem));
  const named = (/** @type {string} */ id) => [...t(id).matchAll(/\d{2,}/gu)].map(([number]) => Number(number));
  assert.deepEqual(named('error-size-invalid'), SIZES);
  assert.deepEqual(named('error-lifetime-invalid').filter((number) => number >= 3600), LIFETIMES);
});

test('every error is a sentence that says what happened and what to do', () => {
  const { t } = createStrings('en', ftl, (problem) => assert.fail(problem));
  for (const error of variants('ErrorCode')) {
    const sentence = t(`error-${error}`);
    assert.match(sentence, /^[A-Z].*\.$/u, error);
    assert.ok(
      (sentence.match(/[.?]/gu) ?? []).length >= 2 || /[;,]/u.test(sentence),
      `${error} says what happened, but not what to do: ${sentence}`,
    );
    assert.doesNotMatch(sentence, /error|code \d|exception|invalid/iu, error);
  }
});

test('nobody is told of a host: the app does not know whether a person or a relay serves a room of others', () => {
  // Without the values that stand in them.
  const { t } = createStrings('en', ftl, () => undefined);
  const said = known.filter((id) => /^(?:fault|state|error|connection|phase)-/u.test(id));
  // This one is said to the host.
  const wrong = said.filter((id) => id !== 'error-hosted-file-damaged' && /\bhost\b/u.test(t(id)));
  assert.deepEqual(wrong, []);
});

test('nothing is promised that software cannot keep', () => {
  const sentences = ftl.replace(/^#.*$/gmu, '');
  assert.doesNotMatch(sentences, /no trace|impossible|100 ?%|military|unbreakable|anonymous/iu);
});

test('a missing sentence is reported and shows its id', () => {
  /** @type {string[]} */
  const reported = [];
  const { t } = createStrings('en', 'a = A', (problem) => reported.push(problem.message));
  assert.equal(t('nothing-here'), 'nothing-here');
  assert.deepEqual(reported, ['no sentence "nothing-here"']);
});

test('a name from the right cannot turn a sentence around', () => {
  const { t } = createStrings('en', 'joined = { $nick } joined.', (problem) => assert.fail(problem));
  assert.equal(t('joined', { nick: 'وليد' }), '\u2068وليد\u2069 joined.');
});
