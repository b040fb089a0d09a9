// Erasing a room for everybody: how far the person has come. Another screen, or what lies over this one, lets go of it.

/**
 * @import { Event as EngineEvent, RoomHandle } from '../../generated/api.js'
 * @import { ScreenOpened } from './events.js'
 *
 * @typedef {object} RoomErasure
 * @property {RoomHandle | null} room
 * @property {'idle' | 'holding' | 'armed' | 'busy'} step Armed: pressed once, and once more erases.
 *
 * @typedef {{ kind: 'roomEraseHeld' | 'roomEraseArmed' | 'roomEraseStarted', room: RoomHandle }
 *   | { kind: 'roomEraseLetGo' | 'roomEraseEnded' }} RoomErasureEvent
 *
 * @typedef {ScreenOpened | { kind: 'dialogOpened' | 'drawerToggled' }
 *   | Extract<EngineEvent, { kind: 'roomChanged' | 'roomRemoved' }>} Elsewhere
 */

/** @type {RoomErasure} */
export const initial = { room: null, step: 'idle' };

/**
 * @param {RoomErasure} part
 * @param {RoomErasureEvent | Elsewhere} event
 * @returns {RoomErasure}
 */
export function reduce(part, event) {
  const isBusy = part.step === 'busy';
  switch (event.kind) {
    case 'roomEraseHeld':
      return isBusy ? part : { room: event.room, step: 'holding' };
    case 'roomEraseArmed':
      return isBusy ? part : { room: event.room, step: 'armed' };
    case 'roomEraseStarted':
      return { room: event.room, step: 'busy' };
    case 'roomEraseEnded':
      return initial;
    case 'roomEraseLetGo':
    case 'screenOpened':
    case 'dialogOpened':
    case 'drawerToggled':
      return isBusy ? part : initial;
    case 'roomChanged': {
      const { room, phase, ended } = event.summary;
      const isOver = ended !== null || phase === 'erasing' || phase === 'closing' || phase === 'gone';
      return part.room === room && isOver && !isBusy ? initial : part;
    }
    case 'roomRemoved':
      return part.room === event.room && !isBusy ? initial : part;
  }
}
