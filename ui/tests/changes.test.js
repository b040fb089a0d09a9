// What an owner changes in a room.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { LEGAL, PRESS, evening, summary } from './world.js';

/**
 * @import { RoomView } from '../generated/api.js'
 * @import { ChangeDialog } from '../src/actions/change.js'
 */

const NOW = 1_795_000_000;

/** A person in a room that is theirs. */
function begin() {
  const world = evening('', NOW);
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const view = /** @type {RoomView} */ (structuredClone(world.views[PRESS]));
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: structuredClone(world.snapshot) });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: PRESS } });
  store.dispatch({ kind: 'roomViewed', room: PRESS, view });
  const actions = createActions(store, fake.shell());
  const asked = (/** @type {string} */ name) =>
    fake.calls.filter((call) => call.name === name).map(({ request }) => request);
  const send = () => actions.changeRoom(/** @type {ChangeDialog} */ (store.state().dialog.shown));
  return { fake, store, actions, asked, send };
}

test('only what was changed is sent, and nothing where nothing was', async () => {
  const { store, actions, asked, send } = begin();
  actions.openChange(PRESS);
  actions.fillDialog('title', ' Press desk ');
  await send();
  assert.deepEqual([asked('change_room'), store.state().dialog.shown], [[], null]);

  actions.openChange(PRESS);
  assert.equal(store.state().dialog.form.values['messageTtl'], '86400', 'it begins with what is now');
  actions.fillDialog('title', 'Night desk');
  actions.fillDialog('note', '');
  actions.fillDialog('maxMembers', '256');
  actions.fillDialog('eraseBy', 'anyMember');
  await send();
  const same = { messageTtl: null, idleTtl: null };
  const changed = { title: 'Night desk', note: '', maxMembers: 256, eraseBy: 'anyMember' };
  assert.deepEqual(asked('change_room'), [{ room: PRESS, ...same, ...changed }]);
  assert.equal(store.state().dialog.shown, null);
});

test('what arrives while the form is open is not taken for a change of this person', async () => {
  const { store, actions, asked, send } = begin();
  actions.openChange(PRESS);
  store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { title: 'Another title' }) });
  actions.fillDialog('idleTtl', '3600');
  await send();
  const sent = asked('change_room').map((/** @type {any} */ { title, idleTtl }) => [title, idleTtl]);
  assert.deepEqual(sent, [[null, 3600]]);
});

test('what the engine refuses stays in the form, and typing on takes the error away', async () => {
  const { fake, store, actions, send } = begin();
  actions.openChange(PRESS);
  actions.fillDialog('maxMembers', '16');
  fake.fail('change_room', 'size-too-small');
  await send();
  const { form } = store.state().dialog;
  assert.deepEqual([form.error, form.values['maxMembers'], form.busy], ['size-too-small', '16', false]);
  actions.fillDialog('maxMembers', '256');
  assert.equal(store.state().dialog.form.error, null);
});

test('a change is said to wait where the relay is away', async () => {
  const { store, actions, send } = begin();
  store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { connection: { kind: 'connecting' } }) });
  actions.openChange(PRESS);
  actions.fillDialog('note', 'Later.');
  await send();
  assert.equal(store.state().toast?.id, 'toast-waits');
});

test('a room that was not read yet has no form', () => {
  const { store, actions } = begin();
  actions.openChange(LEGAL);
  assert.equal(store.state().dialog.shown, null);
});
