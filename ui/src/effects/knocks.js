// Reads who knocks at locked rooms that are not on the screen. The one that is on the screen is read anyway.

/**
 * @import { Shell } from '../shell.js'
 * @import { Store } from '../state/store.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createKnockReader({ state, dispatch }, shell) {
  return () => {
    const { knocks, room: open } = state();
    for (const room of knocks.stale) {
      dispatch({ kind: 'knocksAsked', room });
      if (room === open?.room) continue;
      // One that cannot be read says so when it is opened.
      shell.call('view_room', { room }).then((view) => dispatch({ kind: 'knocksRead', room, view }), () => undefined);
    }
  };
}
