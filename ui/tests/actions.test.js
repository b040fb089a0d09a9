import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActions } from '../src/actions.js';
import { createTools } from '../src/actions/run.js';
import { createStore } from '../src/state/store.js';
import { FakeShell } from './fake_shell.js';
import { globSync } from './files.js';
import { LEGAL, PRESS, evening, summary } from './world.js';

/**
 * @import { Ended } from '../generated/api.js'
 * @import { Screen } from '../src/state/events.js'
 */

const NOW = 1_795_000_000;

function begin() {
  const fake = new FakeShell(evening('', NOW));
  const store = createStore(NOW);
  return { fake, store, tools: createTools(store, fake.shell()), actions: createActions(store, fake.shell()) };
}

/** A promise that is kept or broken from outside. */
function makeLate() {
  let reject = (/** @type {unknown} */ _) => {};
  const promise = new Promise((_, no) => void (reject = no));
  return { promise, reject };
}

test('every subject is there, and none takes the name of another one’s action', async () => {
  const { tools, actions } = begin();
  const files = globSync('src/actions', '.js').filter((path) => path !== 'src/actions/run.js');
  const subjects = await Promise.all(files.map((path) => import(`../${path}`)));
  const makers = subjects.flatMap((subject) =>
    Object.entries(subject).filter(([name]) => /^create\w+Actions$/u.test(name)),
  );
  assert.equal(makers.length, files.length, 'each file has a subject');
  assert.deepEqual(makers.flatMap(([, make]) => Object.keys(make(tools))).toSorted(), Object.keys(actions).toSorted());
});

test('a form is sent once, says what went wrong, and can then be sent again', async () => {
  const { fake, store, tools, actions } = begin();
  store.dispatch({ kind: 'screenOpened', screen: { name: 'unlock' } });
  fake.fail('unlock_vault', 'vault-busy');
  await Promise.all([actions.unlock('correct horse'), actions.unlock('correct horse')]);
  assert.deepEqual(fake.calls.map(({ name }) => name), ['unlock_vault'], 'a second press meanwhile does nothing');
  assert.deepEqual([store.state().form.busy, store.state().form.error], [false, 'vault-busy']);
  await tools.submit(async () => undefined);
  assert.equal(store.state().form.error, null);
});

test('a form is done when its answer has come, although the screen has become another one by it', async () => {
  const { store, actions } = begin();
  await actions.invite(PRESS);
  const { screen, form } = store.state();
  assert.ok(screen.name === 'invite' && screen.invitation !== null);
  assert.equal(form.busy, false);
});

test('a form does not hear the answer to another one', async () => {
  const { fake, store, tools, actions } = begin();
  const late = makeLate();
  actions.openSettings();
  const work = tools.submit(async () => void (await late.promise));
  actions.goHome();
  void tools.submit(() => new Promise(() => undefined));
  late.reject({ code: 'disk-full' });
  await work;
  assert.deepEqual([store.state().form.busy, store.state().form.error], [true, null]);
  fake.fail('view_invitation', 'internal');
  await actions.openHost();
  await actions.hostRoom(false, null);
  const { screen, form } = store.state();
  assert.deepEqual([screen.name, form.busy, form.error], ['invite', false, 'internal'], 'it says what it lacks');
});

test('an answer closes its own dialog and not the one that came over it', async () => {
  const { store, tools } = begin();
  const closing = /** @type {const} */ ({ name: 'close' });
  for (const [answer, toast] of /** @type {const} */ ([
    [() => Promise.resolve(), undefined],
    [() => Promise.reject({ code: 'disk-full' }), 'error-disk-full'],
  ])) {
    store.dispatch({ kind: 'dialogOpened', dialog: { name: 'lock' } });
    await tools.confirm(async () => {
      store.dispatch({ kind: 'dialogOpened', dialog: closing });
      await answer();
    });
    assert.deepEqual([store.state().dialog.shown, store.state().dialog.form.error], [closing, null]);
    assert.equal(store.state().toast?.id, toast);
  }
});

test('what a dialog confirms closes it only if it worked', async () => {
  const { fake, store, actions } = begin();
  const dialog = /** @type {const} */ ({ name: 'leave', room: 'a1b2000000000000' });
  store.dispatch({ kind: 'dialogOpened', dialog });
  fake.fail('leave_room', 'storage-failed');
  await actions.leave(dialog.room);
  assert.deepEqual([store.state().dialog.shown, store.state().dialog.form.error], [dialog, 'storage-failed']);
  fake.succeed('leave_room');
  await actions.leave(dialog.room);
  assert.equal(store.state().dialog.shown, null);
});

test('a leave that has begun is seen in the room, and the question is over', async () => {
  const { fake, store, actions } = begin();
  const dialog = /** @type {const} */ ({ name: 'leave', room: PRESS });
  for (const [phase, code] of /** @type {const} */ ([['leaving', null], ['closing', 'storage-failed']])) {
    store.dispatch({ kind: 'dialogOpened', dialog });
    store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { phase }) });
    assert.equal(store.state().dialog.shown, dialog, 'it asks until it is answered');
    fake.slow('leave_room');
    if (code !== null) fake.fail('leave_room', code);
    const left = actions.leave(PRESS);
    store.dispatch({ kind: 'roomChanged', summary: summary(LEGAL, { phase }) });
    assert.equal(store.state().dialog.shown, dialog, 'another room says nothing of it');
    store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { phase }) });
    assert.equal(store.state().dialog.shown, null, phase);
    await left;
    assert.equal(store.state().toast?.id ?? null, code === null ? null : `error-${code}`);
  }
});

test('a message that a room refuses because it has ended is not kept as a draft', async () => {
  const { fake, store, actions } = begin();
  const send = async (/** @type {'disk-full' | 'room-ended'} */ code, /** @type {Ended | null} */ ended) => {
    store.dispatch({ kind: 'roomChanged', summary: summary(PRESS) });
    store.dispatch({ kind: 'draftChanged', room: PRESS, text: 'One more thing' });
    fake.fail('send_message', code);
    const sent = actions.send(PRESS);
    if (ended !== null) store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { phase: 'ended', ended }) });
    await sent;
    return store.state().drafts[PRESS];
  };
  assert.equal(await send('disk-full', null), 'One more thing');
  assert.equal(await send('room-ended', 'closedByOwner'), undefined);
});

test('a text that was to be sealed goes out sealed after another screen and after a refusal', async () => {
  const { fake, store, actions } = begin();
  store.dispatch({ kind: 'roomChanged', summary: summary(PRESS) });
  store.dispatch({ kind: 'draftChanged', room: PRESS, text: 'Under the stone.' });
  actions.chooseSeal(PRESS, 10);
  store.dispatch({ kind: 'screenOpened', screen: { name: 'home' } });
  fake.fail('send_view_once', 'disk-full');
  await actions.send(PRESS);
  fake.succeed('send_view_once');
  await actions.send(PRESS);
  const sealed = fake.calls.filter(({ name }) => name === 'send_view_once').map(({ request }) => request);
  const wanted = { room: PRESS, text: 'Under the stone.', seconds: 10, fuse: null };
  assert.deepEqual(sealed, [wanted, wanted]);
  assert.deepEqual(store.state().sealing.chosen, {}, 'the next one is an ordinary message');
});

test('what the owner orders is said to wait only where the relay is away', async () => {
  for (const [kind, toast] of /** @type {const} */ ([['online', undefined], ['connecting', 'toast-waits']])) {
    const { store, actions } = begin();
    store.dispatch({ kind: 'roomChanged', summary: summary(PRESS, { connection: { kind } }) });
    await actions.lockRoom(PRESS);
    assert.equal(store.state().toast?.id, toast, kind);
  }
});

test('only a room on a relay elsewhere may go on without its owner', async () => {
  const { fake, store, actions } = begin();
  const asked = (/** @type {string} */ name) =>
    /** @type {any} */ (fake.calls.findLast((call) => call.name === name)?.request).rules;
  await actions.openHost();
  actions.fillField('ownerLeaveCloses', '');
  await actions.hostRoom(false, null);
  assert.equal(asked('host_room').ownerLeaveCloses, true);
  await actions.openCreate();
  actions.fillField('address', 'relay.example.org');
  actions.fillField('ownerLeaveCloses', '');
  await actions.createRoom(false, null);
  const times = { messageTtl: 86400, idleTtl: 86400, maxMembers: 16, ownerLeaveCloses: false };
  const people = { receipts: 'none', presence: true, eraseBy: 'owner', locked: false };
  const rules = { ...times, ...people, everythingViewOnce: false };
  assert.deepEqual(asked('create_room'), rules);
  assert.equal(store.state().screen.name, 'invite');
});

test('a relay that was used is the one that is offered next, without a new unlock', async () => {
  const { store, actions } = begin();
  assert.equal(store.state().snapshot.stale, false);
  await actions.openHost();
  await actions.hostRoom(false, null);
  assert.equal(store.state().snapshot.stale, false, 'this computer is no relay of somebody else');
  await actions.openCreate();
  actions.fillField('address', 'relay.example.net');
  await actions.createRoom(false, null);
  assert.equal(store.state().snapshot.stale, true, 'what the engine keeps is asked for again');
});

test('a mistake of the UI itself is an error as well, and the console names it', async (context) => {
  const { store, tools } = begin();
  const log = context.mock.method(console, 'error', () => undefined);
  const fault = new TypeError('no such thing');
  await tools.attempt(() => Promise.reject(fault));
  assert.deepEqual(store.state().toast, { id: 'error-internal', tone: 'error' });
  assert.deepEqual(log.mock.calls.map((call) => call.arguments), [[fault]]);
});

test('behind the settings is what was there before, as it was, but for a room that is gone', () => {
  const { store, actions } = begin();
  store.dispatch({ kind: 'snapshotAsked' });
  store.dispatch({ kind: 'snapshotTaken', snapshot: evening('', NOW).snapshot });
  const isBack = (/** @type {Screen} */ screen, values = {}) => {
    store.dispatch({ kind: 'screenOpened', screen, values });
    actions.openSettings();
    actions.openSettings();
    actions.goBack();
    assert.deepEqual([store.state().screen, store.state().form.values], [screen, values]);
  };
  isBack({ name: 'room', room: PRESS });
  isBack({ name: 'create' }, { title: 'half a title' });
  const invite = /** @type {const} */ ({ name: 'invite', room: PRESS, fresh: true, invitation: null });
  store.dispatch({ kind: 'screenOpened', screen: invite });
  actions.openSettings();
  actions.goBack();
  assert.deepEqual(store.state().screen, { name: 'room', room: PRESS }, 'nothing waits for good');
  actions.openSettings();
  store.dispatch({ kind: 'roomRemoved', room: PRESS });
  assert.equal(store.state().screen.name, 'settings');
  actions.goBack();
  assert.equal(store.state().screen.name, 'home');
});
