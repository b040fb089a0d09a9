// Puts the parts together: shell, store, sentences, actions, drawing.

import { createActions } from './actions.js';
import { createDrawing, redrawOnChange } from './drawing.js';
import { installEraseKeys } from './erase_keys.js';
import { takeSnapshot } from './effects/snapshot.js';
import { installKeyboard } from './keyboard.js';
import { createStore } from './state/store.js';
import { createStrings } from './strings.js';

/**
 * @import { Shell } from './shell.js'
 * @import { Store } from './state/store.js'
 */

/**
 * Starts the UI. Resolves when the first screen is drawn.
 * @param {Shell} shell
 * @param {HTMLElement} root
 * @param {(problem: Error) => void} [report] Told about sentences that are missing.
 * @returns {Promise<Store>}
 */
export async function start(shell, root, report = (problem) => console.error(problem)) {
  const store = createStore(readClock());
  // Subscribed before the snapshot is taken, so that nothing falls between the two.
  const snapshot = shell.subscribe((event) => store.dispatch(event)).then(() => takeSnapshot(store, shell));
  const boot = await shell.call('boot');
  // The snapshot mostly comes at once and saves a drawing. For a disk or keyring that takes its time, the first screen
  // says that it waits.
  await Promise.race([snapshot, new Promise((resolve) => setTimeout(resolve, SNAPSHOT_MS))]);
  store.dispatch({ kind: 'booted', boot });
  const strings = createStrings(boot.locale, boot.strings, report);
  const actions = createActions(store, shell);
  document.documentElement.lang = strings.locale;
  document.documentElement.dir = strings.direction;

  const { draw, loadInside } = createDrawing(store, shell, root, { actions, strings, t: strings.t });
  redrawOnChange(store, draw);
  installKeyboard(store, actions);
  installEraseKeys(actions);

  // The shell makes the window while the page draws; both are done before there is a frame to show.
  const shown = shell.call('ready');
  draw();
  await shown;
  setTimeout(loadInside, INSIDE_MS);
  setInterval(() => store.dispatch({ kind: 'ticked', now: readClock() }), TICK_MS);
  return store;
}

/** The first screen waits this long for the first snapshot. */
const SNAPSHOT_MS = 50;

/** By then the first frame is on the screen, and nobody has typed a passphrase yet. */
const INSIDE_MS = 300;

/** Fuses and "3 min ago" move on this often. */
const TICK_MS = 5000;

/** Unix seconds. */
const readClock = () => Math.floor(Date.now() / 1000);
