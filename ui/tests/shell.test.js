import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Channel, connectTauri } from '../src/shell.js';

/** @import { ShellEvent } from '../src/shell.js' */

/** A window as far as the channel needs one. */
function fakeTauri() {
  const tauri = {
    /** @type {(raw: unknown) => void} */
    deliver: () => assert.fail('nothing was registered'),
    /** @type {number[]} */
    unregistered: [],
    invoke: async () => null,
    transformCallback: (/** @type {(raw: any) => void} */ callback) => {
      tauri.deliver = callback;
      return 41;
    },
    unregisterCallback: (/** @type {number} */ id) => void tauri.unregistered.push(id),
  };
  return tauri;
}

const lagged = /** @type {const} */ ({ kind: 'lagged' });
const removed = (/** @type {string} */ room) => /** @type {const} */ ({ kind: 'roomRemoved', room });

test('events that overtake each other are delivered in the order in which they were sent', () => {
  const tauri = fakeTauri();
  /** @type {ShellEvent[]} */
  const heard = [];
  new Channel(tauri, (event) => heard.push(event));
  tauri.deliver({ index: 2, message: removed('c') });
  tauri.deliver({ index: 1, message: removed('b') });
  assert.deepEqual(heard, [], 'the first one is still missing');
  tauri.deliver({ index: 0, message: lagged });
  assert.deepEqual(heard, [lagged, removed('b'), removed('c')]);
});

test('the channel closes after its last event, even if the end arrives first', () => {
  const tauri = fakeTauri();
  new Channel(tauri, () => {});
  tauri.deliver({ index: 1, end: true });
  assert.deepEqual(tauri.unregistered, []);
  tauri.deliver({ index: 0, message: lagged });
  assert.deepEqual(tauri.unregistered, [41]);
});

test('it crosses to the shell as the text that Tauri expects', () => {
  assert.equal(JSON.stringify({ channel: new Channel(fakeTauri(), () => {}) }), '{"channel":"__CHANNEL__:41"}');
});

test('half a surrogate pair crosses to the shell as the sign for what cannot be read', async () => {
  /** @type {unknown[]} */
  const asked = [];
  const invoke = async (/** @type {string} */ command, /** @type {unknown} */ args) => void asked.push(command, args);
  Object.assign(globalThis, { window: { __TAURI_INTERNALS__: { ...fakeTauri(), invoke } } });
  try {
    await connectTauri().call('send_message', { room: 'a', text: 'cut \u{1f525}\ud83d', fuse: null });
    await connectTauri().call('page_messages', { room: 'a', before: null, limit: 80 });
  } finally {
    Reflect.deleteProperty(globalThis, 'window');
  }
  assert.deepEqual(asked, [
    'send_message',
    { request: { room: 'a', text: 'cut \u{1f525}\ufffd', fuse: null } },
    'page_messages',
    { request: { room: 'a', before: null, limit: 80 } },
  ]);
});
