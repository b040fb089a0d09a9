// What becomes of the text of a message that can be read once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createViewOnceActions } from '../src/actions/view_once.js';
import { createTools } from '../src/actions/run.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { PRESS, card, evening, item } from './world.js';

const NOW = 1_795_000_000;
const ID = '12';

/** A room with a card in it, and what a person can do with that. */
async function begin() {
  const world = evening('', NOW);
  world.items[PRESS]?.push(item(ID, NOW, card('wren', 'Wren', { seconds: 1 })));
  world.sealed[ID] = 'Under the stone.';
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const actions = createViewOnceActions(createTools(store, fake.shell()));
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
  actions.releaseCard();
  assert.equal(actions.readCard(), null, 'covered');
  await actions.holdCard(PRESS, ID);
  assert.equal(actions.readCard(), 'Under the stone.', 'the time still runs');
  assert.ok(!JSON.stringify(store.state()).includes('stone'), 'and never part of the state');
  store.dispatch({ kind: 'cardClosed' });
  assert.equal(actions.readCard(), null);
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
