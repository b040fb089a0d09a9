// How the next message goes out: as most do, as one that can be read once, or as one that burns sooner.

/**
 * @import { ScreenOpened } from './events.js'
 *
 * @typedef {object} Sealing
 * @property {boolean} open Whether the choice is unfolded.
 * @property {number | null} seconds For which the message can be read, once; null for an ordinary one.
 * @property {number | null} fuse Seconds after which it burns; null goes by the room's rules.
 *
 * @typedef {{ kind: 'sealingToggled' }
 *   | { kind: 'sealChosen', seconds: number | null }
 *   | { kind: 'fuseChosen', fuse: number | null }
 *   | { kind: 'messageSent' }} SealingEvent
 */

/** @type {Sealing} */
export const initial = { open: false, seconds: null, fuse: null };

/**
 * @param {Sealing} sealing
 * @param {SealingEvent | ScreenOpened} event
 * @returns {Sealing}
 */
export function reduce(sealing, event) {
  switch (event.kind) {
    case 'sealingToggled':
      return { ...sealing, open: !sealing.open };
    case 'sealChosen':
      return { ...sealing, seconds: event.seconds };
    case 'fuseChosen':
      return { ...sealing, fuse: event.fuse };
    case 'messageSent':
    case 'screenOpened':
      return initial;
  }
}
