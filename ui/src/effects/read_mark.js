// Marks as read what is on the screen, at its end, in a window that has the person's attention.

import { readCode } from '../actions/run.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Shell } from '../shell.js'
 * @import { State } from '../state/slices.js'
 * @import { Store } from '../state/store.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createReadMark({ state, dispatch }, shell) {
  /** Rooms whose lines are being marked at the moment. @type {Set<RoomHandle>} */
  const marking = new Set();

  const follow = () => {
    const room = findSeen(state());
    if (room === null || marking.has(room) || !document.hasFocus()) return;
    marking.add(room);
    shell
      .call('mark_read', { room })
      .catch((error) => dispatch({ kind: 'toastShown', id: `error-${readCode(error)}`, tone: 'error' }))
      .finally(() => marking.delete(room));
  };
  // Attention comes and goes without any change of the state.
  document.addEventListener('visibilitychange', follow);
  window.addEventListener('focus', follow);
  return follow;
}

/**
 * The room whose newest lines are in sight and not marked yet.
 * @param {State} state
 */
function findSeen({ timeline, rooms }) {
  if (!timeline?.lines || timeline.lines.detached || !timeline.atEnd) return null;
  const unread = rooms.find(({ room }) => room === timeline.room)?.unread ?? 0;
  return unread === 0 ? null : timeline.room;
}
