// Erasing a room for everybody: what guards it, and what is put away at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { mayErase } from '../src/phase.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { LEGAL, PRESS, evening, item, own, summary } from './world.js';

/**
 * @import { RoomSummary, RoomView } from '../generated/api.js'
 * @import { AnyEvent } from '../src/state/slices.js'
 */

const NOW = 1_795_000_000;
const ASKED = { by: 'Otter', member: 'otter' };
const SECRET = 'Under the third stone';

/** A person in a room, with a draft there and a card open. */
function begin() {
  const world = evening('', NOW);
  world.items[PRESS]?.push(item('12', NOW, own(SECRET)));
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const page = { items: world.items[PRESS] ?? [], earlier: null };
  for (const event of /** @type {AnyEvent[]} */ ([
    { kind: 'snapshotAsked' },
    { kind: 'snapshotTaken', snapshot: structuredClone(world.snapshot) },
    { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
    { kind: 'newestAsked', room: PRESS },
    { kind: 'newestRead', room: PRESS, page },
    { kind: 'draftChanged', room: PRESS, text: SECRET },
    { kind: 'draftChanged', room: LEGAL, text: 'elsewhere' },
    { kind: 'sealChosen', room: PRESS, seconds: 10 },
    { kind: 'cardPressed', room: PRESS, item: '12', keep: true },
  ])) store.dispatch(event);
  const asked = (/** @type {string} */ name) => fake.calls.filter((call) => call.name === name);
  const tell = (/** @type {Partial<RoomSummary>} */ more) =>
    store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, more) });
  return { world, fake, store, page, asked, tell, actions: createActions(store, fake.shell()) };
}

test('a room that somebody asks to erase is empty at once, and so is one that is being erased', () => {
  for (const shut of /** @type {Partial<RoomSummary>[]} */ ([{ eraseAsked: ASKED }, { phase: 'erasing' }])) {
    const { store, tell } = begin();
    store.dispatch({ kind: 'dialogOpened', dialog: { name: 'verify', room: PRESS } });
    tell(shut);
    const { drafts, reading, timeline, dialog, sealing } = store.state();
    assert.deepEqual([drafts, reading, timeline?.lines, dialog.shown], [{ [LEGAL]: 'elsewhere' }, null, null, null]);
    assert.deepEqual(sealing.chosen, {});
    assert.ok(!JSON.stringify(store.state()).includes(SECRET), 'not one word of it is in memory');
  }
});

test('no answer that was under way brings anything of it back, and nothing of it is asked for', () => {
  const { store, page, tell } = begin();
  store.dispatch({ kind: 'newestWanted', room: PRESS });
  store.dispatch({ kind: 'newestAsked', room: PRESS });
  tell({ eraseAsked: ASKED });
  store.dispatch({ kind: 'newestRead', room: PRESS, page });
  store.dispatch({ kind: 'earlierRead', room: PRESS, page });
  store.dispatch({ kind: 'itemsChanged', room: PRESS, items: page.items });
  store.dispatch({ kind: 'draftChanged', room: PRESS, text: SECRET });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'home' } });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: PRESS } });
  const { timeline } = store.state();
  assert.deepEqual([timeline?.lines, timeline?.newestWanted], [null, false]);
  assert.ok(!JSON.stringify(store.state()).includes(SECRET));
});

test('what a snapshot tells of a question shuts the room as well', () => {
  const { store, world } = begin();
  const rooms = [summary(PRESS, { eraseAsked: ASKED }), ...world.snapshot.rooms.slice(1)];
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: { ...world.snapshot, rooms } });
  assert.equal(store.state().timeline?.lines, null);
});

test('a room that is kept is read anew', () => {
  const { store, tell } = begin();
  tell({ eraseAsked: ASKED });
  tell({});
  assert.equal(store.state().timeline?.newestWanted, true);
});

test('what is opened over the question stays there while the room changes', () => {
  const { store, tell } = begin();
  const leave = /** @type {const} */ ({ name: 'leave', room: PRESS });
  tell({ eraseAsked: ASKED });
  store.dispatch({ kind: 'dialogOpened', dialog: leave });
  tell({ eraseAsked: ASKED, members: 3 });
  assert.deepEqual(store.state().dialog.shown, leave);
});

test('a message that is refused because of the question is not kept as a draft', async () => {
  const { fake, store, tell, actions } = begin();
  fake.fail('send_view_once', 'erasure-asked');
  const sent = actions.send(PRESS);
  tell({ eraseAsked: ASKED });
  await sent;
  assert.equal(store.state().drafts[PRESS], undefined);
  assert.deepEqual(store.state().sealing.chosen, {});
});

test('a second of holding erases; less, or a press, does not', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { asked, actions } = begin();
  actions.holdRoomErase(PRESS);
  context.mock.timers.tick(999);
  actions.letGoOfRoomErase();
  context.mock.timers.tick(5000);
  assert.deepEqual(asked('erase_room'), []);
  actions.pressRoomErase(PRESS);
  actions.letGoOfRoomErase();
  context.mock.timers.tick(10_000);
  actions.pressRoomErase(PRESS);
  assert.deepEqual(asked('erase_room'), [], 'a press that was long ago does not count');
  actions.holdRoomErase(PRESS);
  context.mock.timers.tick(1000);
  assert.deepEqual(asked('erase_room').map(({ request }) => request), [{ room: PRESS }]);
});

test('nothing is erased by a hold whose button is gone, nor by one for another room', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  for (const elsewhere of /** @type {AnyEvent[]} */ ([
    { kind: 'screenOpened', screen: { name: 'room', room: LEGAL } },
    { kind: 'dialogOpened', dialog: { name: 'switcher' } },
    { kind: 'drawerToggled', drawer: null },
    { kind: 'roomChanged', summary: summary(PRESS, { phase: 'closing' }) },
    { kind: 'vaultChanged', vault: 'locked' },
  ])) {
    const { store, asked, actions } = begin();
    actions.holdRoomErase(PRESS);
    store.dispatch(elsewhere);
    context.mock.timers.tick(2000);
    actions.pressRoomErase(PRESS);
    actions.pressRoomErase(LEGAL);
    assert.deepEqual(asked('erase_room'), [], elsewhere.kind);
  }
});

test('whoever cannot hold presses twice, or lets it be and it is as before', async () => {
  const { store, asked, actions } = begin();
  actions.armRoomErase(PRESS);
  actions.armRoomErase(PRESS);
  assert.equal(store.state().roomErasure.step, 'idle');
  actions.armRoomErase(PRESS);
  actions.pressRoomErase(PRESS);
  assert.equal(asked('erase_room').length, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(store.state().roomErasure.step, 'idle');
});

test('what cannot be erased says why, and can be tried again', async () => {
  const { fake, store, actions } = begin();
  fake.fail('erase_room', 'not-owner');
  actions.armRoomErase(PRESS);
  actions.pressRoomErase(PRESS);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([store.state().toast?.id, store.state().roomErasure.step], ['error-not-owner', 'idle']);
});

test('a question is answered once, however often the button is pressed', async () => {
  const { fake, asked, actions } = begin();
  fake.slow('answer_erasure');
  await Promise.all([actions.answerErasure(PRESS, false), actions.answerErasure(PRESS, true)]);
  assert.deepEqual(asked('answer_erasure').map(({ request }) => request), [{ room: PRESS, erase: false }]);
});

test('only whoever may erase is offered it', () => {
  const { world } = begin();
  const view = /** @type {RoomView} */ (world.views[LEGAL]);
  const any = { ...view, rules: { ...view.rules, eraseBy: /** @type {const} */ ('anyMember') } };
  const may = (/** @type {Partial<RoomSummary>} */ more, /** @type {RoomView | null} */ inside) =>
    mayErase(summary(LEGAL, more), inside);
  assert.deepEqual(
    [may({}, null), may({}, view), may({}, { ...view, owner: true }), may({}, any), may({ eraseAsked: ASKED }, any)],
    [false, false, true, true, true],
  );
  for (const phase of /** @type {const} */ (['joining', 'leaving', 'closing', 'erasing', 'gone', 'damaged'])) {
    assert.equal(may({ phase }, any), false, phase);
  }
});
