// What becomes of the text of a message that can be read once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createViewOnceActions } from '../src/actions/view_once.js';
import { createTools } from '../src/actions/run.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { PRESS, card, evening, item } from './world.js';

/** @import { AnyEvent } from '../src/state/slices.js' */

const NOW = 1_795_000_000;
const ID = '12';
const OTHER = '13';

/** A room with a card in it, and what a person can do with that. */
async function begin() {
  const world = evening('', NOW);
  world.items[PRESS]?.push(item(ID, NOW, card('wren', 'Wren', { seconds: 1 })));
  world.items[PRESS]?.push(item(OTHER, NOW, card('wren', 'Wren', { seconds: 30 })));
  world.sealed[ID] = 'Under the stone.';
  world.sealed[OTHER] = 'Or by the well.';
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const actions = createViewOnceActions(createTools(store, fake.shell()));
  fake.shell().subscribe((event) => store.dispatch(event));
  const asked = (/** @type {string} */ name) => fake.calls.filter((call) => call.name === name).length;
  return { fake, store, actions, asked, world };
}

test('a card is asked for once, and its text is there only while it is held', async () => {
  const { store, actions, asked } = await begin();
  const first = actions.holdCard(PRESS, ID);
  await actions.holdCard(PRESS, ID);
  await first;
  assert.equal(asked('open_view_once'), 1, 'a second press while it opens asks nothing');
  assert.equal(actions.readCard(), 'Under the stone.');
  actions.releaseCard(PRESS, ID);
  assert.equal(actions.readCard(), null, 'covered');
  await actions.holdCard(PRESS, ID);
  assert.equal(actions.readCard(), 'Under the stone.', 'the time still runs');
  assert.ok(!JSON.stringify(store.state()).includes('stone'), 'and never part of the state');
  store.dispatch({ kind: 'cardClosed' });
  assert.equal(actions.readCard(), null);
});

test('a click is no hold, and opens nothing', async () => {
  const { store, actions, asked } = await begin();
  const held = actions.holdCard(PRESS, ID);
  actions.releaseCard(PRESS, ID);
  await held;
  assert.deepEqual([store.state().reading, asked('open_view_once')], [null, 0]);
  await actions.holdCard(PRESS, ID);
  assert.equal(actions.readCard(), 'Under the stone.', 'it is there still');
});

test('its time ends by a clock that runs whether it is held or not', async () => {
  const { store, actions } = await begin();
  await actions.keepCard(PRESS, ID);
  assert.equal(actions.readCard(), 'Under the stone.', 'without holding');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual([store.state().reading, actions.readCard()], [null, null]);
});

test('another screen or a locked vault closes it for ever', async () => {
  for (const event of /** @type {const} */ ([
    { kind: 'screenOpened', screen: { name: 'home' } },
    { kind: 'vaultChanged', vault: 'locked' },
    { kind: 'roomRemoved', room: PRESS },
  ])) {
    const { store, actions, asked } = await begin();
    await actions.holdCard(PRESS, ID);
    store.dispatch(event);
    assert.deepEqual([store.state().reading, actions.readCard()], [null, null], event.kind);
    await actions.holdCard(PRESS, ID);
    assert.equal(asked('open_view_once'), 2, 'it is asked for, and refused');
    assert.equal(store.state().toast?.id, 'error-card-opened');
    assert.equal(actions.readCard(), null);
  }
});

test('what cannot be opened stays closed, and says why', async () => {
  const { fake, store, actions } = await begin();
  fake.fail('open_view_once', 'relay-unreachable');
  await actions.holdCard(PRESS, ID);
  assert.deepEqual([store.state().reading, store.state().toast?.id], [null, 'error-relay-unreachable']);
});

test('the window is kept out of captures for as long as something is open, and no longer', async () => {
  const { fake, store, actions } = await begin();
  await actions.holdCard(PRESS, ID);
  store.dispatch({ kind: 'cardClosed' });
  const states = fake.calls.filter((call) => call.name === 'protect_window');
  assert.deepEqual(states.map(({ request }) => /** @type {any} */ (request).on), [true, false]);
});

test('another card ends the one that is open, for good, and is read itself', async () => {
  const { fake, store, actions } = await begin();
  await actions.keepCard(PRESS, ID);
  await actions.holdCard(PRESS, OTHER);
  // The keyboard leaves the first one only now.
  actions.releaseCard(PRESS, ID);
  assert.deepEqual([store.state().reading?.item, actions.readCard()], [OTHER, 'Or by the well.']);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(actions.readCard(), 'Or by the well.', 'the time of the first ends nothing else');
  const guarded = fake.calls.filter(({ name }) => name === 'protect_window');
  assert.ok(guarded.every(({ request }) => /** @type {any} */ (request).on), 'kept out of captures throughout');
  actions.closeCard();
  assert.deepEqual([store.state().reading, actions.readCard()], [null, null]);
  await actions.holdCard(PRESS, ID);
  assert.equal(store.state().toast?.id, 'error-card-opened');
});

test('what is still being opened is waited for, and not lost unread', async () => {
  const { actions, asked } = await begin();
  const first = actions.keepCard(PRESS, ID);
  await actions.holdCard(PRESS, OTHER);
  await first;
  assert.deepEqual([actions.readCard(), asked('open_view_once')], ['Under the stone.', 1]);
});

test('a card that is taken back or burns is closed, open as it is', async () => {
  const wren = { sender: 'wren', nick: 'Wren', hue: 1, shape: 1, own: false };
  const back = item(ID, NOW, { kind: 'retracted', ...wren });
  for (const event of /** @type {AnyEvent[]} */ ([
    { kind: 'itemsChanged', room: PRESS, items: [back] },
    { kind: 'newestRead', room: PRESS, page: { items: [back], earlier: null } },
    { kind: 'itemsRemoved', room: PRESS, ids: [ID] },
  ])) {
    const { store, actions } = await begin();
    await actions.keepCard(PRESS, ID);
    store.dispatch({ kind: 'itemsRemoved', room: PRESS, ids: [OTHER] });
    assert.equal(actions.readCard(), 'Under the stone.', 'what happens to another one does nothing');
    store.dispatch(event);
    assert.deepEqual([store.state().reading, actions.readCard()], [null, null], event.kind);
    await actions.holdCard(PRESS, OTHER);
    assert.notEqual(store.state().reading?.item, ID);
  }
});
