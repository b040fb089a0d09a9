// From the second press of the keys that erase this computer to the overwritten keys, in the window. Run by
// `cargo xtask bench panic`, which made the folder that each round begins with.
//
// The clock starts before the driver is told to press, so its own way counts: what a person waits for is shorter.

import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unlock } from '../e2e/habits.mjs';
import { chord, KEYS } from '../e2e/keyboard.mjs';
import { Machine, setting } from '../e2e/machine.mjs';
import { manageWindows } from '../e2e/screen.mjs';
import { report } from './report.mjs';

/** @import { App } from '../e2e/machine.mjs' */

const ROUNDS = 20;
const PILE = 300;
const PATIENCE_MS = 30_000;
/** After it the rooms are open, and nothing is to do. */
const SETTLED_MS = 3000;
const PASSPHRASE = 'correct horse battery';
const ERASE = chord([KEYS.control, KEYS.shift, KEYS.backspace]);

const made = setting('CONCLAVE_MADE');
const machine = new Machine();
manageWindows(machine);
const rooms = setting('CONCLAVE_ROOMS');
for (const [what, prepare] of /** @type {const} */ ([['idle', rest], ['busy', pileUp]])) {
  /** @type {number[]} */
  const samples = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const alice = machine.person('Alice');
    rmSync(alice.folder, { recursive: true });
    cpSync(made, alice.folder, { recursive: true });
    await alice.open();
    await unlock(alice, PASSPHRASE);
    await prepare(alice);
    samples.push(await erase(alice));
  }
  report(`panic in the window: keys overwritten, rooms ${rooms}, ${what}`, 'ms', samples);
}
process.exit(0);

async function rest() {
  await pause(SETTLED_MS);
}

/** Has the application write a pile of messages into its first room. @param {App} app */
async function pileUp({ window }) {
  await window.see('[data-room]');
  await window.session.run((count) => {
    const room = document.querySelector('[data-room]')?.getAttribute('data-room');
    const { invoke } = /** @type {any} */ (globalThis).__TAURI_INTERNALS__;
    for (let number = 0; number < count; number += 1) {
      const text = `Message ${number} of a pile that keeps the program busy.`;
      // What still waits when the keys are destroyed fails.
      invoke('send_message', { request: { room, text, fuse: null } }).catch(() => undefined);
    }
  }, PILE);
}

/** @param {App} app @returns {Promise<number>} Milliseconds. */
async function erase(app) {
  const slots = join(app.folder, 'vault');
  if (isOverwritten(slots)) throw new Error('there is nothing to overwrite');
  let took = NaN;
  await app.beginsAnew(async () => {
    const { session } = app.window;
    app.window.raise();
    await session.strike(ERASE);
    const pressed = performance.now();
    const struck = session.strike(ERASE);
    // The driver has nobody to press for once the application begins anew, and says so below.
    struck.catch(() => undefined);
    while (!isOverwritten(slots)) {
      if (performance.now() - pressed > PATIENCE_MS) throw new Error('the keys are still there');
      await pause(1);
    }
    took = performance.now() - pressed;
    await struck;
  });
  return took;
}

/** Or deleted by now. @param {string} slots */
function isOverwritten(slots) {
  try {
    return readFileSync(slots).every((byte) => byte === 0);
  } catch (error) {
    if (existsSync(slots)) throw error;
    return true;
  }
}
