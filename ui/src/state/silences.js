// After how many seconds of silence each room ends, as far as its rules were read: they stand inside of it.

/**
 * @import { Event as EngineEvent, RoomHandle } from '../../generated/api.js'
 * @import { RoomViewed } from './events.js'
 * @typedef {Record<RoomHandle, number>} Silences
 */

/** @type {Silences} */
export const initial = {};

/**
 * @param {Silences} silences
 * @param {RoomViewed | Extract<EngineEvent, { kind: 'roomRemoved' }>} event
 * @returns {Silences}
 */
export function reduce(silences, event) {
  switch (event.kind) {
    case 'roomViewed': {
      const { idleTtl } = event.view.rules;
      // One that is not entered yet has no rules.
      return idleTtl === 0 || silences[event.room] === idleTtl ? silences : { ...silences, [event.room]: idleTtl };
    }
    case 'roomRemoved': {
      const { [event.room]: _, ...others } = silences;
      return others;
    }
  }
}
