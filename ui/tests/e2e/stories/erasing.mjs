// Wilma erases her computer while a room that she hosts is being made, which takes more than half a second. Nobody
// waits for it, and nothing of it stays.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstRun } from '../habits.mjs';
import { KEYS, Keyboard } from '../keyboard.mjs';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 */

/** @param {Stage} stage */
export async function erasing({ machine, step }) {
  const wilma = machine.person('Wilma');
  await step('Wilma presses “Open the room” and twice the keys that erase: Conclave is as new', async () => {
    await firstRun(wilma, 'correct horse');
    await fillIn(wilma);
    const keys = new Keyboard(wilma.window);
    await keys.to('host-room');
    const erase = [KEYS.control, KEYS.shift, KEYS.backspace];
    await eraseBy(wilma, () => keys.strikeInOneGo([KEYS.enter], erase, erase));
  });
  await step('so it is with the button, held until a moment after she has pressed it', async () => {
    await firstRun(wilma, 'battery staple');
    await fillIn(wilma);
    await eraseBy(wilma, () =>
      wilma.window.session.run((almost) => {
        const find = (/** @type {string} */ test) =>
          /** @type {HTMLElement} */ (document.querySelector(`[data-test="${test}"]`));
        find('erase').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, button: 0 }));
        setTimeout(() => find('host-room').click(), almost);
      }, ALMOST_HELD_MS),
    );
  });
}

/** It is held for a second. */
const ALMOST_HELD_MS = 950;

/** @param {App} app */
async function fillIn({ window }) {
  await window.click('home-host');
  await window.fill('field-nick', 'Wilma');
  await window.fill('field-title', 'Nobody enters this');
}

/** @param {App} app @param {() => Promise<void>} act */
async function eraseBy(app, act) {
  const left = await app.beginsAnew(act);
  assert.deepEqual(left.filter((name) => !isOfWindow(name)), [], 'nothing is left in the folder');
  await app.open();
  await app.window.see('first-form');
  assert.ok(!existsSync(join(app.folder, 'vault')));
  await app.close();
}

/** What a window makes when it opens, before anybody has chosen anything. @param {string} name */
function isOfWindow(name) {
  return name === 'tmp' || name.split('/')[0] === 'webview';
}
