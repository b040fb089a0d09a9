// Who is writing, in each room that has told so.

/**
 * @import { Event as EngineEvent, MemberHandle, RoomHandle } from '../../generated/api.js'
 * @import { SnapshotTaken } from './events.js'
 * @typedef {Record<RoomHandle, MemberHandle[]>} TypingPart The first one first.
 * @typedef {Extract<EngineEvent, { kind: 'typingChanged' | 'roomRemoved' }>} TypingEvent
 */

/** @type {TypingPart} */
export const initial = {};

/**
 * @param {TypingPart} typing
 * @param {TypingEvent | SnapshotTaken} event
 * @returns {TypingPart}
 */
export function reduce(typing, event) {
  switch (event.kind) {
    case 'typingChanged':
      return { ...typing, [event.room]: event.members };
    case 'roomRemoved': {
      const { [event.room]: _, ...others } = typing;
      return others;
    }
    case 'snapshotTaken':
      // Who fell behind may have missed that somebody stopped.
      return initial;
  }
}
