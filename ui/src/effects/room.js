// Reads the room that the screen is about: its people, and the newest page of its timeline where that is shown.

import { readCode } from '../actions/run.js';
import { isOutside } from '../phase.js';
import { PAGE, WINDOW } from '../state/lines.js';

/**
 * @import { Shell } from '../shell.js'
 * @import { Store } from '../state/store.js'
 * @import { Timeline } from '../state/timeline.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createRoomReader({ state, dispatch }, shell) {
  return () => {
    const { room: open, rooms, timeline } = state();
    if (open === null) return;
    const { room } = open;
    // From outside there is nothing to read yet.
    if (rooms.some((known) => known.room === room && isOutside(known))) return;
    const fail = (/** @type {unknown} */ error) => dispatch({ kind: 'roomFailed', room, code: readCode(error) });
    if (open.viewState === 'stale') {
      dispatch({ kind: 'viewAsked', room });
      shell.call('view_room', { room }).then((view) => dispatch({ kind: 'roomViewed', room, view }), fail);
    }
    if (timeline === null) return;
    if (timeline.newestWanted || (isTooLong(timeline) && timeline.overtaking === null)) {
      dispatch({ kind: 'newestAsked', room });
      shell
        .call('page_messages', { room, before: null, limit: PAGE })
        .then((page) => dispatch({ kind: 'newestRead', room, page }), fail);
    }
  };
}

/**
 * At the end of a long evening the window starts again from the newest page instead of growing.
 * @param {Timeline} timeline
 */
function isTooLong({ atEnd, lines }) {
  return atEnd && lines !== null && lines.items.length > WINDOW;
}
