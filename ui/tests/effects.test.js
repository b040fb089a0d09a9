import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKnockReader } from '../src/effects/knocks.js';
import { createRoomReader } from '../src/effects/room.js';
import { createSnapshotTaker } from '../src/effects/snapshot.js';
import { createToastTimer } from '../src/effects/toast.js';
import { PAGE, WINDOW } from '../src/state/lines.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { LEGAL, PRESS, evening, item, knocker, summary, text } from './world.js';

/** @import { RoomView } from '../generated/api.js' */

const NOW = 1_795_000_000;

function begin() {
  const world = evening('', NOW);
  const fake = new FakeShell(world);
  return { world, fake, store: createStore(NOW) };
}

/** Until every answer of the fake shell has arrived. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a sentence that confirms is hidden after a while, and one that tells of an error is not', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { store } = begin();
  const follow = createToastTimer(store);
  store.dispatch({ kind: 'toastShown', id: 'toast-copied', tone: 'plain' });
  follow();
  context.mock.timers.tick(5999);
  assert.notEqual(store.state().toast, null);
  context.mock.timers.tick(1);
  assert.equal(store.state().toast, null);
  store.dispatch({ kind: 'toastShown', id: 'error-internal', tone: 'error' });
  follow();
  context.mock.timers.tick(60_000);
  assert.notEqual(store.state().toast, null);
});

test('two UIs in one page hide their own sentences', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const stores = [begin().store, begin().store];
  const effects = stores.map(createToastTimer);
  for (const store of stores) store.dispatch({ kind: 'toastShown', id: 'toast-copied', tone: 'plain' });
  for (const follow of effects) follow();
  context.mock.timers.tick(6000);
  assert.deepEqual(stores.map((store) => store.state().toast), [null, null]);
});

test('a stale state asks for one snapshot, however often it is drawn', async () => {
  const { fake, store } = begin();
  const follow = createSnapshotTaker(store, fake.shell());
  follow();
  store.dispatch({ kind: 'lagged' });
  follow();
  follow();
  await settle();
  assert.deepEqual(fake.calls.map(({ name }) => name), ['snapshot']);
  assert.equal(store.state().screen.name, 'home');
});

test('a room that is entered is read once', async () => {
  const { fake, store } = begin();
  const follow = createRoomReader(store, fake.shell());
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: PRESS } });
  follow();
  follow();
  await settle();
  follow();
  assert.deepEqual(fake.calls.map(({ name }) => name), ['view_room', 'page_messages']);
  assert.equal(store.state().room?.viewState, 'fresh');
  assert.equal(store.state().timeline?.lines?.items.length, 11);
});

test('a window that grew too long at its end starts again from the newest page, and reads it once', async () => {
  const { world, fake, store } = begin();
  const follow = createRoomReader(store, fake.shell());
  const items = Array.from({ length: WINDOW + 1 }, (_, n) => item(String(n), NOW + n, text('wren', 'Wren', `${n}`)));
  world.items[PRESS] = items.slice(0, PAGE);
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: PRESS } });
  follow();
  await settle();
  store.dispatch({ kind: 'itemsChanged', room: PRESS, items: items.slice(PAGE) });
  assert.equal(store.state().timeline?.lines?.items.length, WINDOW + 1);
  follow();
  follow();
  await settle();
  assert.equal(fake.calls.filter(({ name }) => name === 'page_messages').length, 2);
  assert.equal(store.state().timeline?.lines?.items.length, PAGE);
});

test('who knocks at a room that is not on the screen is read, one answer after the other', async () => {
  const { world, fake, store } = begin();
  const follow = createKnockReader(store, fake.shell());
  const view = /** @type {RoomView} */ (world.views[LEGAL]);
  world.views[LEGAL] = { ...view, owner: true, knocks: [knocker('k1', 'Siskin', NOW + 60)] };
  store.dispatch({ kind: 'roomChanged', summary: summary(LEGAL, { phase: 'locked' }) });
  follow();
  store.dispatch({ kind: 'peopleChanged', room: LEGAL });
  follow();
  assert.equal(fake.calls.length, 1, 'an older answer could come last');
  await settle();
  assert.deepEqual(store.state().knocks.waiting[LEGAL], ['Siskin']);
  follow();
  assert.equal(fake.calls.length, 2, 'what changed meanwhile is read then');
});

test('who knocks at the room on the screen is read with it', async () => {
  const { fake, store } = begin();
  const follow = createKnockReader(store, fake.shell());
  store.dispatch({ kind: 'roomChanged', summary: summary(LEGAL, { phase: 'locked' }) });
  store.dispatch({ kind: 'screenOpened', screen: { name: 'room', room: LEGAL } });
  follow();
  assert.deepEqual(fake.calls, []);
  assert.deepEqual(store.state().knocks.stale, []);
});
