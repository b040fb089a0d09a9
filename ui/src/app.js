// Puts the parts together: shell, store, sentences, views; and does what a change of state calls for.

import { createActions } from './actions.js';
import { readCode } from './actions/run.js';
import { createFocus } from './focus.js';
import { installKeyboard } from './keyboard.js';
import { keepScroll } from './scroll.js';
import { PAGE, WINDOW } from './state/lines.js';
import { createStore } from './state/store.js';
import { createStrings } from './strings.js';
import { render } from './vendor/lit-html/lit-html.js';
import { appView } from './views/app.js';

/**
 * @import { Shell } from './shell.js'
 * @import { Actions } from './actions.js'
 * @import { State } from './state/slices.js'
 * @import { Store } from './state/store.js'
 * @import { Strings, Translate } from './strings.js'
 *
 * @typedef {object} App What every view gets besides the state.
 * @property {Actions} actions
 * @property {Translate} t
 * @property {Strings} strings
 */

/**
 * Starts the UI. Resolves when the first screen is drawn.
 * @param {Shell} shell
 * @param {HTMLElement} root
 * @param {(problem: Error) => void} [report] Told about sentences that are missing.
 * @returns {Promise<Store>}
 */
export async function start(shell, root, report = (problem) => console.error(problem)) {
  const store = createStore(unixNow());
  // Subscribed before the snapshot is taken, so that nothing falls between the two.
  const snapshot = shell.subscribe((event) => store.dispatch(event)).then(() => takeSnapshot(store, shell));
  const boot = await shell.call('boot');
  // The snapshot mostly comes at once and saves a drawing; a disk or keyring that takes its time is waited for in sight.
  await Promise.race([snapshot, new Promise((resolve) => setTimeout(resolve, SNAPSHOT_MS))]);
  store.dispatch({ kind: 'booted', boot });
  const strings = createStrings(boot.locale, boot.strings, report);
  const actions = createActions(store, shell);
  const app = { actions, strings, t: strings.t };
  document.documentElement.lang = strings.locale;
  document.documentElement.dir = strings.direction;

  const settleFocus = createFocus(root);
  const update = () => {
    follow(store, shell);
    const settleScroll = keepScroll(root, store.state());
    render(appView(store.state(), app), root);
    settleScroll();
    settleFocus(store.state());
  };
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
  installKeyboard(store, actions);
  document.addEventListener('visibilitychange', () => markRead(store, shell));
  window.addEventListener('focus', () => markRead(store, shell));

  // The shell makes the window while the page draws; both are done before there is a frame to show.
  const shown = shell.call('ready');
  update();
  await shown;
  setInterval(() => store.dispatch({ kind: 'ticked', now: unixNow() }), TICK_MS);
  return store;
}

/** The first screen waits this long for the first snapshot. */
const SNAPSHOT_MS = 50;

/** Fuses and "3 min ago" move on this often. */
const TICK_MS = 5000;

/** A sentence that confirms something is shown this long; one that tells of an error, until it is closed. */
const TOAST_MS = 6000;

const unixNow = () => Math.floor(Date.now() / 1000);

/**
 * Asks for what the present state lacks.
 * @param {Store} store
 * @param {Shell} shell
 */
function follow(store, shell) {
  const { snapshot, room, timeline, toast } = store.state();
  if (snapshot.stale) void takeSnapshot(store, shell);
  if (room !== null && timeline !== null) followRoom(store, shell, room, timeline);
  if (toast !== shownToast) hideToastLater(store);
  markRead(store, shell);
}

/** @type {State['toast']} */
let shownToast = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let toastTimer;

/** @param {Store} store */
function hideToastLater(store) {
  clearTimeout(toastTimer);
  shownToast = store.state().toast;
  if (shownToast?.tone === 'plain') toastTimer = setTimeout(() => store.dispatch({ kind: 'toastHidden' }), TOAST_MS);
}

/**
 * @param {Store} store
 * @param {Shell} shell
 * @param {NonNullable<State['room']>} open
 * @param {NonNullable<State['timeline']>} timeline
 */
function followRoom(store, shell, open, timeline) {
  const { room } = open;
  const failed = (/** @type {unknown} */ error) => store.dispatch({ kind: 'roomFailed', room, code: readCode(error) });
  if (open.viewState === 'stale') {
    store.dispatch({ kind: 'viewAsked', room });
    shell.call('view_room', { room }).then((view) => store.dispatch({ kind: 'roomViewed', room, view }), failed);
  }
  // At the end of a long evening the window starts again from the newest page instead of growing.
  const tooLong = timeline.atEnd && timeline.lines !== null && timeline.lines.items.length > WINDOW;
  if (timeline.newestWanted || (tooLong && timeline.overtaking === null)) {
    store.dispatch({ kind: 'newestAsked', room });
    shell
      .call('page_messages', { room, before: null, limit: PAGE })
      .then((page) => store.dispatch({ kind: 'newestRead', room, page }), failed);
  }
}

/**
 * @param {Store} store
 * @param {Shell} shell
 */
async function takeSnapshot(store, shell) {
  store.dispatch({ kind: 'snapshotAsked' });
  try {
    store.dispatch({ kind: 'snapshotTaken', snapshot: await shell.call('snapshot') });
  } catch (error) {
    store.dispatch({ kind: 'snapshotFailed', code: readCode(error) });
  }
}

/**
 * What is on the screen, at its end, in a window that has the person's attention, was seen.
 * @param {Store} store
 * @param {Shell} shell
 */
function markRead(store, shell) {
  const { timeline, rooms } = store.state();
  if (!timeline?.lines || timeline.lines.detached || !timeline.atEnd || !document.hasFocus()) return;
  const { room } = timeline;
  const summary = rooms.find((known) => known.room === room);
  if (summary === undefined || summary.unread === 0 || marking.has(room)) return;
  marking.add(room);
  shell
    .call('mark_read', { room })
    .catch((error) => store.dispatch({ kind: 'toastShown', id: `error-${readCode(error)}`, tone: 'error' }))
    .finally(() => marking.delete(room));
}

/** Rooms whose lines are being marked at the moment. */
const marking = new Set();
