import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createState } from '../src/state/slices.js';
import { createStore, reduce } from '../src/state/store.js';
import { variants } from './api.js';
import { LEGAL, PRESS, evening, item, own, summary, text } from './world.js';

/**
 * @import { AnyEvent, State } from '../src/state/slices.js'
 * @import { Snapshot } from '../generated/api.js'
 */

const NOW = 1_795_000_000;
const world = evening('', NOW);
const after = (/** @type {State} */ state, /** @type {AnyEvent[]} */ ...events) => events.reduce(reduce, state);

const open = after(createState(NOW), { kind: 'snapshotAsked' }, { kind: 'snapshotTaken', snapshot: world.snapshot });
const inRoom = after(
  open,
  { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
  { kind: 'newestAsked', room: PRESS },
  { kind: 'newestRead', room: PRESS, page: { items: world.items[PRESS] ?? [], earlier: null } },
);

test('every event of the engine and of the shell has a case', () => {
  /** @type {Record<string, AnyEvent>} */
  const samples = {
    vaultChanged: { kind: 'vaultChanged', vault: 'open' },
    roomChanged: { kind: 'roomChanged', summary: summary(PRESS) },
    roomRemoved: { kind: 'roomRemoved', room: PRESS },
    peopleChanged: { kind: 'peopleChanged', room: PRESS },
    itemsChanged: { kind: 'itemsChanged', room: PRESS, items: [] },
    itemsRemoved: { kind: 'itemsRemoved', room: PRESS, ids: [] },
    typingChanged: { kind: 'typingChanged', room: PRESS, members: ['wren'] },
    deviceErased: { kind: 'deviceErased', erasure: { left: ['keyring'] } },
    lagged: { kind: 'lagged' },
    closeRequested: { kind: 'closeRequested' },
  };
  for (const kind of [...variants('Event', 'kind'), ...variants('WindowEvent', 'kind')]) {
    const sample = samples[kind];
    assert.ok(sample, `the engine can say "${kind}" and no sample here says it`);
    assert.doesNotThrow(() => reduce(inRoom, sample), `"${kind}" has no case`);
  }
});

test('an event without a case is a fault, not silence', () => {
  assert.throws(() => reduce(open, /** @type {any} */ ({ kind: 'somethingNew' })), /unhandled event: somethingNew/u);
});

test('the rooms are told of an erasure only if that was said since the vault was opened', () => {
  const told = after(open, { kind: 'tellRoomsChosen', on: true });
  const locked = reduce(told, { kind: 'vaultChanged', vault: 'locked' });
  const erased = reduce(told, { kind: 'deviceErased', erasure: { left: [] } });
  assert.deepEqual([open, told, locked, erased].map(({ tellRooms }) => tellRooms), [false, true, false, false]);
});

test('what a room tells while the vault is being closed is not kept behind the lock', () => {
  const [summary] = world.snapshot.rooms;
  assert.ok(summary);
  const told = after(
    open,
    { kind: 'vaultChanged', vault: 'locked' },
    { kind: 'snapshotAsked' },
    { kind: 'roomChanged', summary },
  );
  const snapshot = { ...world.snapshot, vault: /** @type {const} */ ('locked'), rooms: [] };
  const closed = reduce(told, { kind: 'snapshotTaken', snapshot });
  assert.deepEqual([told.rooms, closed.rooms], [[], []]);
});

test('locking forgets everything that was read and written', () => {
  const typed = after(
    inRoom,
    { kind: 'draftChanged', room: PRESS, text: 'not sent yet' },
    { kind: 'vaultChanged', vault: 'locked' },
  );
  assert.equal(typed.screen.name, 'unlock');
  assert.deepEqual(
    [typed.rooms, typed.room, typed.timeline, typed.drafts, typed.dialog.shown],
    [[], null, null, {}, null],
  );
  assert.ok(!JSON.stringify(typed).includes('not sent yet'), 'no draft may survive in memory');
});

test('the look belongs to the vault while that is open, and to the system before and after', () => {
  const take = (/** @type {Partial<Snapshot>} */ more) =>
    /** @type {const} */ ({ kind: 'snapshotTaken', snapshot: { ...world.snapshot, ...more } });
  const dark = after(createState(NOW), { kind: 'snapshotAsked' }, take({ theme: 'dark' }));
  assert.deepEqual([createState(NOW).theme, dark.theme], ['system', 'dark']);
  assert.equal(after(dark, { kind: 'vaultChanged', vault: 'locked' }).theme, 'system');
  const closed = after(dark, { kind: 'snapshotAsked' }, take({ vault: 'locked', rooms: [], theme: 'system' }));
  assert.equal(closed.theme, 'system');
});

test('a look that is chosen while a snapshot is under way stays', () => {
  const state = after(
    open,
    { kind: 'snapshotAsked' },
    { kind: 'themeChosen', theme: 'light' },
    { kind: 'snapshotTaken', snapshot: world.snapshot },
  );
  assert.equal(state.theme, 'light');
});

test('locking begins every part of the state anew, but for what the vault has nothing to do with', () => {
  const marked = /** @type {any} */ (
    Object.fromEntries(Object.keys(inRoom).map((part) => [part, `secret of ${part}`]))
  );
  const state = reduce(marked, { kind: 'vaultChanged', vault: 'locked' });
  const kept = Object.entries(state).filter(([part, value]) => value === `secret of ${part}`);
  assert.deepEqual(kept.map(([part]) => part).toSorted(), ['boot', 'erasure', 'now']);
});

test('a snapshot from before the lock does not bring the rooms back', () => {
  const state = after(
    inRoom,
    { kind: 'snapshotAsked' },
    { kind: 'vaultChanged', vault: 'locked' },
    { kind: 'snapshotTaken', snapshot: world.snapshot },
  );
  assert.equal(state.vault.state, 'locked');
  assert.deepEqual(state.rooms, []);
});

test('a change that overtakes a snapshot is not undone by it', () => {
  const state = after(
    open,
    { kind: 'snapshotAsked' },
    { kind: 'roomChanged', summary: summary(LEGAL, { unread: 9 }) },
    { kind: 'snapshotTaken', snapshot: world.snapshot },
  );
  assert.equal(state.rooms.find((room) => room.room === LEGAL)?.unread, 9);
});

test('a message that arrives while the newest page is read is on the screen afterwards', () => {
  const late = item('12', NOW, text('wren', 'Wren', 'just in'));
  const state = after(
    open,
    { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
    { kind: 'newestAsked', room: PRESS },
    { kind: 'itemsChanged', room: PRESS, items: [late] },
    { kind: 'newestRead', room: PRESS, page: { items: world.items[PRESS] ?? [], earlier: null } },
  );
  assert.equal(state.timeline?.lines?.items.at(-1)?.id, '12');
});

test('people who change while the view is read make it be read again', () => {
  const state = after(
    inRoom,
    { kind: 'viewAsked', room: PRESS },
    { kind: 'peopleChanged', room: PRESS },
    { kind: 'roomViewed', room: PRESS, view: /** @type {any} */ (world.views[PRESS]) },
  );
  assert.equal(state.room?.viewState, 'stale');
});

test('lagging reads the list, the people and the lines again', () => {
  const state = after(inRoom, { kind: 'lagged' });
  assert.equal(state.snapshot.stale, true);
  const again = after(state, { kind: 'snapshotAsked' }, { kind: 'snapshotTaken', snapshot: world.snapshot });
  assert.deepEqual([again.snapshot.stale, again.room?.viewState, again.timeline?.newestWanted], [false, 'stale', true]);
});

test('an own message that reaches the relay changes its state and its place, and is not doubled', () => {
  const waiting = item('12', NOW, own('On my way', { state: 'waiting' }));
  const stored = { ...waiting, order: '00000020', body: own('On my way') };
  const state = after(
    inRoom,
    { kind: 'itemsChanged', room: PRESS, items: [waiting] },
    { kind: 'itemsChanged', room: PRESS, items: [stored] },
  );
  const found = state.timeline?.lines?.items.filter((one) => one.id === '12') ?? [];
  assert.deepEqual(found, [stored]);
});

test('the room on the screen closes when it is no longer on this computer, and its draft goes with it', () => {
  const state = after(
    inRoom,
    { kind: 'draftChanged', room: PRESS, text: 'hello' },
    { kind: 'roomRemoved', room: PRESS },
  );
  assert.equal(state.screen.name, 'home');
  assert.equal(state.drafts[PRESS], undefined);
});

test('of a room that has ended nothing stays in memory but its line, which is the last', () => {
  const ended = summary(PRESS, { phase: 'ended', ended: 'closedByOwner' });
  const behind = after(
    inRoom,
    { kind: 'roomViewed', room: PRESS, view: /** @type {any} */ (world.views[PRESS]) },
    { kind: 'draftChanged', room: PRESS, text: 'not sent yet' },
    { kind: 'draftChanged', room: LEGAL, text: 'elsewhere' },
    { kind: 'dialogOpened', dialog: { name: 'leave', room: PRESS } },
    { kind: 'drawerToggled', drawer: 'people' },
    { kind: 'roomChanged', summary: ended },
  );
  assert.deepEqual([behind.screen, behind.room, behind.timeline], [{ name: 'room', room: PRESS }, null, null]);
  assert.deepEqual([behind.dialog.shown, behind.drawer, behind.drafts], [null, null, { [LEGAL]: 'elsewhere' }]);
  assert.deepEqual(behind.rooms.at(-1), ended);
  const again = after(
    behind,
    { kind: 'screenOpened', screen: { name: 'home' } },
    { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
  );
  assert.deepEqual([again.room, again.timeline], [null, null], 'it is not read when it is opened either');
});

test('an answer that comes after a room has ended brings nothing of it back', () => {
  const rooms = [summary(PRESS, { phase: 'ended', ended: 'idle' }), summary(LEGAL)];
  const state = after(
    inRoom,
    { kind: 'draftChanged', room: PRESS, text: 'not sent yet' },
    { kind: 'snapshotAsked' },
    { kind: 'snapshotTaken', snapshot: { ...world.snapshot, rooms } },
    { kind: 'roomViewed', room: PRESS, view: /** @type {any} */ (world.views[PRESS]) },
    { kind: 'newestRead', room: PRESS, page: { items: world.items[PRESS] ?? [], earlier: null } },
  );
  assert.deepEqual([state.room, state.timeline, state.drafts], [null, null, {}]);
});

test('nothing behind the settings leads into the invitation of a room that has ended', () => {
  const invite = /** @type {const} */ ({ name: 'invite', room: PRESS, fresh: true, invitation: null });
  const from = /** @type {const} */ ({ kind: 'screenOpened', screen: invite, values: {} });
  const state = after(
    open,
    { kind: 'screenOpened', screen: { name: 'settings', from } },
    { kind: 'roomChanged', summary: summary(PRESS, { phase: 'ended', ended: 'idle' }) },
  );
  assert.deepEqual(state.screen, { name: 'settings', from: { ...from, screen: { name: 'room', room: PRESS } } });
});

test('the people of a room are known while its invitation is on the screen, its lines are not', () => {
  const invite = /** @type {const} */ ({ name: 'invite', room: PRESS, fresh: false, invitation: null });
  const state = after(inRoom, { kind: 'screenOpened', screen: invite });
  assert.deepEqual([state.room?.room, state.timeline], [PRESS, null]);
});

test('the draft of a room is kept while another room is looked at', () => {
  const state = after(
    inRoom,
    { kind: 'draftChanged', room: PRESS, text: 'half a thought' },
    { kind: 'screenOpened', screen: { name: 'room', room: LEGAL } },
    { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
  );
  assert.equal(state.drafts[PRESS], 'half a thought');
});

test('what happens in another room does not touch the lines on the screen', () => {
  const state = after(inRoom, {
    kind: 'itemsChanged',
    room: LEGAL,
    items: [item('99', NOW, text('x', 'X', 'elsewhere'))],
  });
  assert.equal(state, inRoom);
});

test('an error stays beside its form until something is typed', () => {
  const failed = after(
    open,
    { kind: 'screenOpened', screen: { name: 'host', reach: 'network' }, values: { nick: 'Heron' } },
    { kind: 'formStarted', work: Symbol('work') },
    { kind: 'formFailed', code: 'nick-invalid' },
  );
  assert.deepEqual([failed.form.busy, failed.form.error, failed.form.values['nick']], [false, 'nick-invalid', 'Heron']);
  assert.equal(after(failed, { kind: 'fieldChanged', field: 'nick', value: 'Wren' }).form.error, null);
});

test('the most recently active room comes first', () => {
  const state = after(open, {
    kind: 'roomChanged',
    summary: summary(LEGAL, { lastLine: { nick: 'Marten', own: false, kind: 'text', text: 'now', at: NOW } }),
  });
  assert.equal(state.rooms[0]?.room, LEGAL);
});

test('listeners hear of changes only', () => {
  const store = createStore(NOW);
  let heard = 0;
  store.subscribe(() => (heard += 1));
  store.dispatch({ kind: 'peopleChanged', room: 'elsewhere' });
  store.dispatch({ kind: 'ticked', now: NOW + 5 });
  assert.equal(heard, 1);
});

test('trying a room again asks for whatever is missing', () => {
  const failed = after(
    open,
    { kind: 'screenOpened', screen: { name: 'room', room: PRESS } },
    { kind: 'viewAsked', room: PRESS },
    { kind: 'roomFailed', room: PRESS, code: 'storage-failed' },
  );
  const again = after(failed, { kind: 'newestWanted', room: PRESS });
  assert.deepEqual([again.room?.error, again.room?.viewState, again.timeline?.newestWanted], [null, 'stale', true]);
});

test('a room that is made while a snapshot is under way stays on the screen', () => {
  const made = summary('ffff000000000000');
  const state = after(
    open,
    { kind: 'snapshotAsked' },
    { kind: 'screenOpened', screen: { name: 'room', room: made.room } },
    { kind: 'roomChanged', summary: made },
    { kind: 'snapshotTaken', snapshot: world.snapshot },
  );
  assert.equal(state.screen.name, 'room');
  const gone = after(
    inRoom,
    { kind: 'snapshotAsked' },
    { kind: 'snapshotTaken', snapshot: { ...world.snapshot, rooms: [] } },
  );
  assert.equal(gone.screen.name, 'home');
});
