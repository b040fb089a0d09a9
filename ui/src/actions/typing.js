// Saying to the others that this person writes, and once that they no longer do. Whether that arrives does not matter.

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { State } from '../state/slices.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createTypingActions({ store, shell, attempt }) {
  /** Where the others were told. @type {RoomHandle | null} */
  let told = null;

  const stop = () => {
    if (told === null) return;
    const room = told;
    told = null;
    if (isThere(store.state(), room)) shell.call('typing', { room, typing: false }).catch(() => {});
  };

  // Whatever empties the field or takes it away: sending, another screen, a room that ends, a vault that is locked.
  store.subscribe((state) => {
    if (told !== null && !isWriting(state, told)) stop();
  });

  return {
    /** @param {RoomHandle} room */
    tellTyping: (room) => {
      const state = store.state();
      if (!state.tellsTyping || !isWriting(state, room)) return;
      told = room;
      // With every key: the engine lets one through every few seconds.
      shell.call('typing', { room, typing: true }).catch(() => {});
    },
    stopTyping: stop,
    /** @param {boolean} on */
    chooseTellsTyping: (on) =>
      attempt(async () => {
        store.dispatch({ kind: 'tellsTypingChosen', on });
        await shell.call('set_tells_typing', { on });
      }),
  };
}

/**
 * @param {State} state
 * @param {RoomHandle} room
 */
function isWriting({ screen, drafts, room: open }, room) {
  const isHere = screen.name === 'room' && screen.room === room;
  return isHere && open?.view?.rules.presence === true && (drafts[room] ?? '') !== '';
}

/**
 * @param {State} state
 * @param {RoomHandle} room
 */
function isThere({ rooms }, room) {
  return rooms.some((known) => known.room === room && known.ended === null);
}
