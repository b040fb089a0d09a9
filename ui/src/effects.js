// What a change of the state calls for. Each effect looks at the state before it is drawn and asks for what it lacks.

import { createKnockReader } from './effects/knocks.js';
import { createReadMark } from './effects/read_mark.js';
import { createRoomReader } from './effects/room.js';
import { createSnapshotTaker } from './effects/snapshot.js';
import { createToastTimer } from './effects/toast.js';

/**
 * @import { Shell } from './shell.js'
 * @import { Store } from './state/store.js'
 */

/**
 * Made once for each UI: what an effect remembers belongs to its UI and not to the page.
 * @param {Store} store
 * @param {Shell} shell
 * @returns {() => void} Call before each drawing.
 */
export function createEffects(store, shell) {
  const effects = [
    createSnapshotTaker(store, shell),
    createRoomReader(store, shell),
    createKnockReader(store, shell),
    createToastTimer(store),
    createReadMark(store, shell),
  ];
  return () => {
    for (const follow of effects) follow();
  };
}
