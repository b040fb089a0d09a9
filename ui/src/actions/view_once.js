// Opening a card. Its text stands in one variable here, for as long as it can be read, and nowhere else: not in the
// state, and on the page only while it is shown.

import { isShown } from '../state/reading.js';

/**
 * @import { ItemId, RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

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
    void attempt(async () => void (await shell.call('protect_window', { on: false })));
  };

  // Whatever ends the reading, the end of its time, another screen, or a vault that is locked: the text goes first.
  store.subscribe((state, before) => {
    if (before.reading !== null && state.reading === null) forget();
  });

  /** @param {RoomHandle} room @param {ItemId} item @param {boolean} keep */
  async function press(room, item, keep) {
    const isNew = store.state().reading === null;
    dispatch({ kind: 'cardPressed', room, item, keep });
    if (!isNew) return;
    try {
      await shell.call('protect_window', { on: true });
      const opened = await shell.call('open_view_once', { room, id: item });
      if (store.state().reading?.item !== item) return;
      text = opened.text;
      begin(opened.seconds);
    } catch (error) {
      dispatch({ kind: 'cardClosed' });
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
    releaseCard: () => dispatch({ kind: 'cardReleased' }),
    /** The text of the card that is being read; null unless it may be on the screen. */
    readCard: () => (isShown(store.state().reading) ? text : null),
  };
}
