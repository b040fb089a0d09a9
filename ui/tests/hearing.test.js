// What an invitation that is read aloud looks like, and where the link stays that it becomes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { isSpoken } from '../src/spoken.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { evening } from './world.js';

const NOW = 1_795_000_000;

/** Somebody who types what was read aloud. */
function begin() {
  const world = evening('', NOW);
  const fake = new FakeShell(world);
  const store = createStore(NOW);
  const actions = createActions(store, fake.shell());
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: world.snapshot });
  actions.openSpoken();
  actions.fillField('invitation', '4172 velvet orbit lemon');
  return { world, fake, store, actions };
}

test('a number and a few words are spoken; links, codes and thirteen words are not', () => {
  const heard = ['4172 velvet orbit lemon', ' 4172: Velvet, orbit-lemon. ', '615028 velv orbi lemo', '4172 velvet'];
  for (const spoken of heard) assert.ok(isSpoken(spoken), spoken);
  for (const other of [
    '',
    '4172',
    'velvet orbit lemon',
    '0172 velvet orbit lemon',
    '41 velvet orbit lemon',
    'conclave://192.168.1.20:7443/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S',
    '3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S',
    '1234 velvet amber window cradle noble orbit lantern pepper saddle tribe useful violin north',
  ]) {
    assert.ok(!isSpoken(other), other);
  }
});

test('the link is in the state of the screen alone, in no field, and goes with the screen', async () => {
  const { store, actions } = begin();
  await actions.hearInvitation();
  const { screen, form } = store.state();
  assert.ok(screen.name === 'join' && screen.step === 'preview');
  assert.match(screen.heard?.link ?? '', /^conclave:/u);
  assert.ok(!JSON.stringify(form).includes('conclave:'));
  assert.ok(!JSON.stringify(form).includes('lemon'), 'what is used up is not kept');
  actions.goHome();
  assert.ok(!JSON.stringify(store.state()).includes('3Q9TX'));
});

test('an answer for whoever has gone elsewhere is dropped, and the waiting ended', async () => {
  const { world, fake, store, actions } = begin();
  world.heard = null;
  const heard = actions.hearInvitation();
  await Promise.resolve();
  actions.goHome();
  await heard;
  assert.equal(fake.calls.filter(({ name }) => name === 'cancel_hearing').length, 1);
  assert.deepEqual([store.state().screen.name, store.state().form.error, store.state().toast], ['home', null, null]);
});

test('a pause is asked about until there is another answer', async () => {
  const { fake, store, actions } = begin();
  fake.fail('hear_invitation', 'spoken-pause');
  await actions.hearInvitation();
  assert.deepEqual([store.state().form.error, store.state().form.values['paused']], ['spoken-pause', 'yes']);
  actions.fillField('again', 'yes');
  fake.fail('hear_invitation', 'spoken-gone');
  await actions.hearInvitation();
  const { error, values } = store.state().form;
  assert.deepEqual([error, values['paused'], values['again']], ['spoken-gone', '', '']);
});
