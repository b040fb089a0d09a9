// What is being written in each room: in memory only, and only while the room is on this computer.

/**
 * @import { Event as EngineEvent, RoomHandle } from '../../generated/api.js'
 * @typedef {Record<RoomHandle, string>} Drafts
 * @typedef {{ kind: 'draftChanged', room: RoomHandle, text: string }} DraftEvent
 */

/** @type {Drafts} */
export const initial = {};

/**
 * @param {Drafts} drafts
 * @param {DraftEvent | Extract<EngineEvent, { kind: 'roomRemoved' }>} event
 * @returns {Drafts}
 */
export function reduce(drafts, event) {
  switch (event.kind) {
    case 'draftChanged':
      return { ...drafts, [event.room]: event.text };
    case 'roomRemoved': {
      const { [event.room]: _, ...others } = drafts;
      return others;
    }
  }
}
