// Moving a room: what its owner asks for, and what the others do about it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { mergeChanged, readNewest } from '../src/state/lines.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { LEGAL, PRESS, evening, item, movedLine, own } from './world.js';

/**
 * @import { RoomSummary } from '../generated/api.js'
 * @import { MoveDialog } from '../src/actions/move.js'
 * @import { Unvouched } from '../src/state/dialog.js'
 */

const NOW = 1_795_000_000;

/** A person in a room. */
function begin(room = PRESS) {
  const world = evening('', NOW);
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: structuredClone(world.snapshot) });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room } });
  const shell = fake.shell();
  shell.subscribe((event) => store.dispatch(event));
  const actions = createActions(store, shell);
  const asked = (/** @type {string} */ name) =>
    fake.calls.filter((call) => call.name === name).map(({ request }) => request);
  const send = (/** @type {string | null} */ passphrase = null) =>
    actions.moveRoom(/** @type {MoveDialog} */ (store.state().dialog.shown), passphrase);
  const here = () => {
    const { screen } = store.state();
    return 'room' in screen ? screen.room : screen.name;
  };
  const find = (/** @type {string} */ wanted) =>
    /** @type {RoomSummary} */ (store.state().rooms.find((known) => known.room === wanted));
  return { world, fake, store, actions, asked, send, here, find };
}

test('a move goes where it is chosen, and ends in the new room', async () => {
  const { store, actions, asked, send, here, find } = begin();
  await actions.openMove(PRESS);
  const { form } = store.state().dialog;
  assert.deepEqual([form.values['where'], form.values['address']], ['here', ''], 'no relay is offered');
  actions.fillDialog('where', 'relay');
  actions.fillDialog('address', ' relay.example.net ');
  await send('correct horse');
  assert.deepEqual(asked('move_room'), [{ room: PRESS, relay: 'relay.example.net', passphrase: 'correct horse' }]);
  assert.deepEqual([store.state().dialog.shown, store.state().toast?.id], [null, 'toast-moved']);
  assert.notEqual(here(), PRESS);
  assert.deepEqual([find(PRESS).moved?.own, find(PRESS).phase], [true, 'locked']);
});

test('on this computer no relay is asked for, whatever stands in its field', async () => {
  const { actions, asked, send } = begin();
  await actions.openMove(PRESS);
  actions.fillDialog('address', 'relay.example.net');
  await send();
  assert.deepEqual(asked('move_room'), [{ room: PRESS, relay: null, passphrase: null }]);
});

test('where the old relay is away, it is said that the others do not know yet', async () => {
  const { world, store, actions, send } = begin();
  const away = /** @type {const} */ ({ kind: 'waiting', retryIn: 4, reason: 'unreachable' });
  const summary = /** @type {RoomSummary} */ (world.snapshot.rooms[0]);
  summary.connection = away;
  store.dispatch({ kind: 'roomChanged', summary: structuredClone(summary) });
  await actions.openMove(PRESS);
  await send();
  assert.equal(store.state().toast?.id, 'toast-moved-away');
});

test('a relay that nobody vouches for is compared first, and gets the passphrase only then', async () => {
  const { world, store, actions, asked, send, here } = begin();
  world.unvouched = ['abcd', 'efgh'];
  await actions.openMove(PRESS);
  actions.fillDialog('where', 'relay');
  actions.fillDialog('address', 'relay.example.org');
  await send('correct horse');
  const question = /** @type {Unvouched} */ (store.state().dialog.shown);
  assert.deepEqual([question.name, question.room, question.pin], ['unvouched', PRESS, ['abcd', 'efgh']]);
  assert.equal(JSON.stringify(store.state()).includes('horse'), false, 'no secret is kept in the state');
  assert.equal(here(), PRESS);
  await actions.trustRelayToMove(question, PRESS);
  const last = asked('move_room').at(-1);
  assert.deepEqual(last, { room: PRESS, relay: 'relay.example.org~k=abcdefgh', passphrase: 'correct horse' });
  assert.notEqual(here(), PRESS);
});

test('what the engine refuses stays in the form, and typing on takes the error away', async () => {
  const { fake, store, actions, send, here } = begin();
  await actions.openMove(PRESS);
  fake.fail('move_room', 'passphrase-too-short');
  await send('short');
  assert.deepEqual([store.state().dialog.form.error, here()], ['passphrase-too-short', PRESS]);
  actions.mendDialog();
  assert.equal(store.state().dialog.form.error, null);
});

test('an answer that comes after the vault was locked opens nothing', async () => {
  const { fake, store, actions, send } = begin();
  await actions.openMove(PRESS);
  fake.slow('move_room');
  const sent = send();
  store.dispatch({ kind: 'vaultChanged', vault: 'locked' });
  await sent;
  assert.equal(store.state().screen.name, 'unlock');
});

/** A room of Wren's, which she has moved. @param {ReturnType<typeof begin>} all */
function moveLegal({ world, store, find }) {
  const moved = { by: 'Wren', own: false, places: ['relay.example.org'], endsAt: NOW + 3600, cameSince: [] };
  Object.assign(/** @type {RoomSummary} */ (world.snapshot.rooms[1]), { phase: 'locked', moved });
  store.dispatch({ kind: 'roomChanged', summary: structuredClone({ ...find(LEGAL), moved }) });
}

test('a member follows to the new room, and a second time comes to the same one', async () => {
  const all = begin(LEGAL);
  const { store, actions, asked, here } = all;
  moveLegal(all);
  await actions.followRoom(LEGAL);
  const there = here();
  assert.notEqual(there, LEGAL);
  actions.openRoom(LEGAL);
  await actions.followRoom(LEGAL);
  assert.equal(here(), there);
  assert.deepEqual(asked('follow_room'), [{ room: LEGAL }, { room: LEGAL }]);
  store.dispatch({ kind: 'roomRemoved', room: LEGAL });
  assert.equal(here(), there, 'the old one goes without a word');
});

test('who would lose something by following is asked first, and follows all the same', async () => {
  const all = begin(LEGAL);
  const { world, store, actions, asked, here } = all;
  moveLegal(all);
  actions.changeDraft(LEGAL, 'And then');
  await actions.followRoom(LEGAL);
  assert.deepEqual(store.state().dialog.shown, { name: 'followRoom', room: LEGAL });
  assert.deepEqual([here(), asked('follow_room')], [LEGAL, []]);
  await actions.followAnyway(LEGAL);
  assert.notEqual(here(), LEGAL);
  assert.equal(store.state().dialog.shown, null);
  assert.ok(world.moves[LEGAL]);
});

test('what waits for the relay goes out before the old room is left, so nobody is asked about it', async () => {
  const all = begin(LEGAL);
  moveLegal(all);
  const waits = item('95', NOW, own('Not out yet.', { state: 'waiting' }));
  all.store.dispatch({ kind: 'newestRead', room: LEGAL, page: { items: [waits], earlier: null } });
  await all.actions.followRoom(LEGAL);
  assert.notEqual(all.here(), LEGAL);
});

test('its owner, who stays in the old room, is not asked', async () => {
  const { actions, store, here } = begin();
  await actions.openMove(PRESS);
  await actions.moveRoom({ name: 'moveRoom', room: PRESS, reach: 'network' }, null);
  actions.openRoom(PRESS);
  actions.changeDraft(PRESS, 'And then');
  await actions.followRoom(PRESS);
  assert.equal(store.state().dialog.shown, null);
  assert.notEqual(here(), PRESS);
});

test('who has gone elsewhere meanwhile is not pulled to the new room', async () => {
  const all = begin(LEGAL);
  moveLegal(all);
  all.fake.slow('follow_room');
  const followed = all.actions.followRoom(LEGAL);
  all.actions.openRoom(PRESS);
  await followed;
  assert.equal(all.here(), PRESS);
});

test('what cannot be followed is said', async () => {
  const all = begin(LEGAL);
  moveLegal(all);
  all.fake.fail('follow_room', 'room-full');
  await all.actions.followRoom(LEGAL);
  assert.deepEqual([all.here(), all.store.state().toast?.id], [LEGAL, 'error-room-full']);
});

test('a move that was taken back in that moment is called so', async () => {
  const all = begin(LEGAL);
  moveLegal(all);
  all.fake.fail('follow_room', 'invalid-request');
  await all.actions.followRoom(LEGAL);
  assert.equal(all.store.state().toast?.id, 'follow-over');
});

test('who moves a room alone is not told of others', async () => {
  const { world, store, actions, send } = begin();
  const summary = /** @type {RoomSummary} */ (world.snapshot.rooms[0]);
  summary.members = 1;
  store.dispatch({ kind: 'roomChanged', summary: structuredClone(summary) });
  await actions.openMove(PRESS);
  await send();
  assert.equal(store.state().toast, null);
});

test('a move is taken back by its line, also where that is not loaded', async () => {
  const { world, actions, asked, find } = begin();
  await actions.openMove(PRESS);
  await actions.moveRoom({ name: 'moveRoom', room: PRESS, reach: 'network' }, null);
  const lines = world.items[PRESS] ?? [];
  const id = lines.find(({ body }) => body.kind === 'moved')?.id;
  for (let at = 0; at < 300; at += 1) lines.push(item(String(500 + at), NOW, movedLine('wren', 'Wren')));
  actions.openRoom(PRESS);
  actions.openDialog({ name: 'takeMoveBack', room: PRESS });
  await actions.takeMoveBack(PRESS);
  assert.equal(asked('page_messages').length, 2);
  assert.deepEqual(asked('retract_message'), [{ room: PRESS, id }]);
  assert.equal(find(PRESS).moved, null);
});

test("somebody's move is news at the end of the timeline, an own one is not", () => {
  const lines = readNewest({ items: [], earlier: null });
  const others = mergeChanged(lines, [item('1', NOW, movedLine('wren', 'Wren'))], false);
  assert.equal(others.unseen, 1);
  assert.equal(mergeChanged(lines, [item('1', NOW, movedLine('me', 'Heron', { own: true }))], false).unseen, 0);
});

test('of a moved room that has ended no question stays', async () => {
  const { store, actions, find } = begin();
  const pin = ['abcd'];
  actions.openDialog({ name: 'unvouched', relay: 'relay.example.org', pin, inMemory: false, room: PRESS });
  const over = { ...find(PRESS), phase: /** @type {const} */ ('ended'), ended: /** @type {const} */ ('closedByOwner') };
  store.dispatch({ kind: 'roomChanged', summary: over });
  assert.equal(store.state().dialog.shown, null);
});
