// What is said while somebody writes, and what is known of others who do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { PRESS, evening, summary } from './world.js';

/**
 * @import { RoomView } from '../generated/api.js'
 * @import { AnyEvent } from '../src/state/slices.js'
 */

const NOW = 1_795_000_000;

/** A person in a room. */
function begin(rules = {}) {
  const world = evening('', NOW);
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const view = /** @type {RoomView} */ (structuredClone(world.views[PRESS]));
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: structuredClone(world.snapshot) });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: PRESS } });
  store.dispatch({ kind: 'roomViewed', room: PRESS, view: { ...view, rules: { ...view.rules, ...rules } } });
  const actions = createActions(store, fake.shell());
  const asked = (/** @type {string} */ name) =>
    fake.calls.filter((call) => call.name === name).map(({ request }) => request);
  const write = (/** @type {string} */ text) => {
    actions.changeDraft(PRESS, text);
    actions.tellTyping(PRESS);
  };
  return { fake, store, actions, asked, write };
}

test('writing is told, and once that it has ended, whatever ended it', async () => {
  for (const [what, end] of /** @type {[string, (at: ReturnType<typeof begin>) => unknown][]} */ ([
    ['emptied', ({ write }) => write('')],
    ['sent', ({ actions }) => actions.send(PRESS)],
    ['left', ({ actions }) => actions.stopTyping()],
    ['another screen', ({ actions }) => actions.goHome()],
    ['settings', ({ actions }) => actions.openSettings()],
    ['shut', ({ store }) =>
      store.dispatch({
        kind: 'roomChanged',
        summary: summary(PRESS, { eraseAsked: { by: 'Otter', member: 'otter' } }),
      })],
  ])) {
    const at = begin();
    at.write('h');
    at.write('ha');
    await end(at);
    assert.deepEqual(asked(at), [true, true, false], what);
    at.actions.stopTyping();
    assert.equal(asked(at).length, 3, `${what}: nobody is told twice`);
  }
});

/** @param {ReturnType<typeof begin>} at */
const asked = (at) => at.asked('typing').map((request) => /** @type {any} */ (request).typing);

test('nothing is told of a room that is gone or behind the lock', () => {
  for (const end of /** @type {AnyEvent[]} */ ([
    { kind: 'roomRemoved', room: PRESS },
    { kind: 'roomChanged', summary: summary(PRESS, { phase: 'ended', ended: 'idle' }) },
    { kind: 'vaultChanged', vault: 'locked' },
  ])) {
    const at = begin();
    at.write('h');
    at.store.dispatch(end);
    assert.deepEqual(asked(at), [true], end.kind);
  }
});

test('nothing is told against the rules of the room, or the wish of the person', async () => {
  const silent = begin({ presence: false });
  silent.write('h');
  assert.deepEqual(asked(silent), []);
  const at = begin();
  await at.actions.chooseTellsTyping(false);
  at.write('h');
  assert.deepEqual([asked(at), at.asked('set_tells_typing')], [[], [{ on: false }]]);
});

test('what cannot be told is of no interest', async () => {
  const at = begin();
  at.fake.fail('typing', 'internal');
  at.write('h');
  at.write('');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(at.store.state().toast, null);
});

test('who is writing is forgotten with the room, with what was missed, and behind the lock', () => {
  const { store } = begin();
  const tell = () => store.dispatch({ kind: 'typingChanged', room: PRESS, members: ['wren'] });
  tell();
  assert.deepEqual(store.state().typing, { [PRESS]: ['wren'] });
  store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { phase: 'erasing' }) });
  assert.deepEqual(store.state().typing, {});
  store.dispatch({ kind: 'roomChanged', summary: summary(PRESS) });
  tell();
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: evening('', NOW).snapshot });
  assert.deepEqual(store.state().typing, {});
  store.dispatch({ kind: 'vaultChanged', vault: 'locked' });
  tell();
  assert.deepEqual(store.state().typing, {});
});

test('a choice that is made while a snapshot is under way stays', () => {
  const { store } = begin();
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'tellsTypingChosen', on: false });
  store.dispatch({ kind: 'snapshotTaken', snapshot: evening('', NOW).snapshot });
  assert.equal(store.state().tellsTyping, false);
});
