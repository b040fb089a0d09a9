// Opening a card. Its text stands in one variable here, for as long as it can be read, and nowhere else: not in the
// state, and on the page only while it is shown.

import { isOf, isShown } from '../state/reading.js';

/**
 * @import { ItemId, RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** A click is no hold: what is let go sooner was not opened. */
const HELD_MS = 300;
/** The countdown is shown in seconds. */
const TICK_MS = 200;

/** @param {Tools} tools */
export function createViewOnceActions({ store, shell, attempt }) {
  const { dispatch } = store;
  /** @type {string | null} */
  let text = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let countdown;

  const forget = () => {
    clearInterval(countdown);
    text = null;
  };

  // Whatever ends the reading, the end of its time, another card or screen, or a vault that is locked: the text goes
  // first.
  store.subscribe(({ reading }, before) => {
    if (before.reading === null || isOf(reading, before.reading)) return;
    forget();
    if (reading === null) void attempt(async () => void (await shell.call('protect_window', { on: false })));
  });

  /** @param {RoomHandle} room @param {ItemId} item @param {boolean} keep */
  async function press(room, item, keep) {
    const isHere = () => isOf(store.state().reading, { room, item });
    const wasHere = isHere();
    dispatch({ kind: 'cardPressed', room, item, keep });
    if (wasHere || !isHere()) return;
    if (!keep) await new Promise((resolve) => setTimeout(resolve, HELD_MS));
    const { reading } = store.state();
    if (!isHere() || reading === null) return;
    if (!reading.held && !reading.kept) return dispatch({ kind: 'cardClosed' });
    try {
      await shell.call('protect_window', { on: true });
      const opened = await shell.call('open_view_once', { room, id: item });
      if (!isHere()) return;
      text = opened.text;
      begin(opened.seconds);
    } catch (error) {
      if (isHere()) dispatch({ kind: 'cardClosed' });
      throw error;
    }
  }

  /** @param {number} seconds By the clock that nobody can set. */
  function begin(seconds) {
    const end = performance.now() + seconds * 1000;
    const left = () => Math.ceil((end - performance.now()) / 1000);
    dispatch({ kind: 'cardOpened', left: left() });
    countdown = setInterval(() => {
      const now = left();
      const { reading } = store.state();
      if (now <= 0) dispatch({ kind: 'cardClosed' });
      else if (reading !== null && reading.left !== now) dispatch({ kind: 'cardOpened', left: now });
    }, TICK_MS);
  }

  return {
    /** Holds a card. @param {RoomHandle} room @param {ItemId} item */
    holdCard: (room, item) => attempt(() => press(room, item, false)),
    /** Opens a card for who cannot hold it, or covers it again. @param {RoomHandle} room @param {ItemId} item */
    keepCard: (room, item) => attempt(() => press(room, item, true)),
    /** @param {RoomHandle} room @param {ItemId} item */
    releaseCard: (room, item) => dispatch({ kind: 'cardReleased', room, item }),
    /** Its time is not waited for: it has been read. */
    closeCard: () => dispatch({ kind: 'cardClosed' }),
    /** The text of the card that is being read; null unless it may be on the screen. */
    readCard: () => (isShown(store.state().reading) ? text : null),
  };
}
