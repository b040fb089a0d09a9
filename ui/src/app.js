// Puts the parts together: shell, store, sentences, actions, effects, views.

import { createActions } from './actions.js';
import { createEffects } from './effects.js';
import { takeSnapshot } from './effects/snapshot.js';
import { createFocus } from './focus.js';
import { installKeyboard } from './keyboard.js';
import { createScroll } from './scroll.js';
import { createStore } from './state/store.js';
import { createStrings } from './strings.js';
import { render } from './vendor/lit-html/lit-html.js';
import { renderApp } from './views/app.js';

/**
 * @import { App } from '../types/app.js'
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

  const update = createUpdate(store, shell, root, { actions, strings, t: strings.t });
  redrawOnChange(store, update);
  installKeyboard(store, actions);

  // The shell makes the window while the page draws; both are done before there is a frame to show.
  const shown = shell.call('ready');
  update();
  await shown;
  setInterval(() => store.dispatch({ kind: 'ticked', now: readClock() }), TICK_MS);
  return store;
}

/**
 * @param {Store} store
 * @param {Shell} shell
 * @param {HTMLElement} root
 * @param {App} app
 * @returns {() => void} Draws the present state, after asking for what it lacks.
 */
function createUpdate(store, shell, root, app) {
  const follow = createEffects(store, shell);
  const keepScroll = createScroll(root);
  const settleFocus = createFocus(root);
  return () => {
    follow();
    const settleScroll = keepScroll(store.state());
    render(renderApp(store.state(), app), root);
    settleScroll();
    settleFocus(store.state());
  };
}

/**
 * @param {Store} store
 * @param {() => void} update
 */
function redrawOnChange(store, update) {
  let scheduled = false;
  store.subscribe((state, before) => {
    if (state.theme !== before.theme) document.documentElement.dataset['theme'] = state.theme;
    if (scheduled) return;
    scheduled = true;
    // A microtask and not an animation frame: a hidden WebKitGTK window never gets one.
    queueMicrotask(() => {
      scheduled = false;
      update();
    });
  });
}

/** The first screen waits this long for the first snapshot. */
const SNAPSHOT_MS = 50;

/** Fuses and "3 min ago" move on this often. */
const TICK_MS = 5000;

/** Unix seconds. */
const readClock = () => Math.floor(Date.now() / 1000);
