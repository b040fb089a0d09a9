// Whether the others see when this person writes: the vault keeps it.

/**
 * @import { SnapshotTaken } from './events.js'
 * @typedef {{ kind: 'tellsTypingChosen', on: boolean }} TellsTypingEvent
 */

export const initial = true;

/**
 * @param {boolean} _
 * @param {TellsTypingEvent | SnapshotTaken} event
 * @returns {boolean}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'tellsTypingChosen':
      return event.on;
    case 'snapshotTaken':
      return event.snapshot.tellsTyping;
  }
}
