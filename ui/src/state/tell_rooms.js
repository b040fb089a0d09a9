// Whether the rooms are left before this computer is erased. Not unless a person says so, each time the vault is open.

/**
 * @import { Event as EngineEvent } from '../../generated/api.js'
 * @typedef {{ kind: 'tellRoomsChosen', on: boolean } | Extract<EngineEvent, { kind: 'deviceErased' }>} TellRoomsEvent
 */

export const initial = false;

/**
 * @param {boolean} _
 * @param {TellRoomsEvent} event
 * @returns {boolean}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'tellRoomsChosen':
      return event.on;
    case 'deviceErased':
      return false;
  }
}
