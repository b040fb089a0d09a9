// Reads who knocks at locked rooms that are not on the screen. The one that is on the screen is read anyway.

/**
 * @import { RoomHandle, RoomView } from '../../generated/api.js'
 * @import { Shell } from '../shell.js'
 * @import { Store } from '../state/store.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createKnockReader({ state, dispatch }, shell) {
  /** Rooms that are being read: an older answer must not come after a newer one. @type {Set<RoomHandle>} */
  const asking = new Set();
  return () => {
    const { knocks, room: open } = state();
    for (const room of knocks.stale) {
      if (asking.has(room)) continue;
      dispatch({ kind: 'knocksAsked', room });
      if (room === open?.room) continue;
      asking.add(room);
      const settle = (/** @type {RoomView | null} */ view) => {
        asking.delete(room);
        if (view !== null) dispatch({ kind: 'knocksRead', room, view });
      };
      // One that cannot be read says so when it is opened.
      shell.call('view_room', { room }).then(settle, () => settle(null));
    }
  };
}
