// How the next message of each room goes out: as most do, as one that can be read once, or as one that burns sooner.
// It is kept as long as the draft is: a text that was to be sealed must not go out open after a look elsewhere.

/**
 * @import { Event as EngineEvent, RoomHandle } from '../../generated/api.js'
 * @import { ScreenOpened } from './events.js'
 *
 * @typedef {object} Seal
 * @property {number | null} seconds For which the message can be read, once; null for an ordinary one.
 * @property {number | null} fuse Seconds after which it burns; null goes by the room's rules.
 *
 * @typedef {object} Sealing
 * @property {boolean} open Whether the choice is unfolded.
 * @property {Record<RoomHandle, Seal>} chosen
 *
 * @typedef {{ kind: 'sealingToggled' }
 *   | { kind: 'sealChosen', room: RoomHandle, seconds: number | null }
 *   | { kind: 'fuseChosen', room: RoomHandle, fuse: number | null }
 *   | { kind: 'messageSent', room: RoomHandle }
 *   | { kind: 'messageRefused', room: RoomHandle, seal: Seal }} SealingEvent
 */

/** @type {Sealing} */
export const initial = { open: false, chosen: {} };

/**
 * @param {Sealing} sealing
 * @param {SealingEvent | ScreenOpened | Extract<EngineEvent, { kind: 'roomRemoved' }>} event
 * @returns {Sealing}
 */
export function reduce(sealing, event) {
  switch (event.kind) {
    case 'sealingToggled':
      return { ...sealing, open: !sealing.open };
    case 'sealChosen':
      return choose(sealing, event.room, { seconds: event.seconds });
    case 'fuseChosen':
      return choose(sealing, event.room, { fuse: event.fuse });
    case 'messageRefused': {
      // Its text is back, before what was typed since; both go out as the stricter choice says.
      const { seconds, fuse } = findSeal(sealing, event.room);
      const { seal } = event;
      return choose(sealing, event.room, { seconds: seconds ?? seal.seconds, fuse: fuse ?? seal.fuse });
    }
    case 'messageSent':
      return { ...forget(sealing, event.room), open: false };
    case 'screenOpened':
      return { ...sealing, open: false };
    case 'roomRemoved':
      return forget(sealing, event.room);
  }
}

/**
 * How the next message of a room goes out.
 * @param {Sealing} sealing
 * @param {RoomHandle} room
 * @returns {Seal}
 */
export function findSeal({ chosen }, room) {
  return chosen[room] ?? { seconds: null, fuse: null };
}

/**
 * @param {Sealing} sealing
 * @param {RoomHandle} room
 * @param {Partial<Seal>} change
 */
function choose(sealing, room, change) {
  return { ...sealing, chosen: { ...sealing.chosen, [room]: { ...findSeal(sealing, room), ...change } } };
}

/**
 * @param {Sealing} sealing
 * @param {RoomHandle} room
 */
function forget(sealing, room) {
  const { [room]: _, ...chosen } = sealing.chosen;
  return { ...sealing, chosen };
}
