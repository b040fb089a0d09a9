// Erasing this computer: how far the person, and then the engine, has come.

/**
 * @import { Event as EngineEvent, Remnant } from '../../generated/api.js'
 *
 * @typedef {object} ErasurePart
 * @property {'idle' | 'holding' | 'armed' | 'busy'} step Armed: pressed once, and once more erases.
 * @property {Remnant[]} left What could not be deleted.
 *
 * @typedef {{ kind: 'eraseHeld' | 'eraseArmed' | 'eraseLetGo' | 'eraseStarted' | 'eraseFailed' }
 *   | Extract<EngineEvent, { kind: 'deviceErased' }>} ErasureEvent
 */

/** @type {ErasurePart} */
export const initial = { step: 'idle', left: [] };

/**
 * @param {ErasurePart} part
 * @param {ErasureEvent} event
 * @returns {ErasurePart}
 */
export function reduce(part, event) {
  switch (event.kind) {
    case 'eraseHeld':
      return part.step === 'busy' ? part : { ...part, step: 'holding' };
    case 'eraseArmed':
      return part.step === 'busy' ? part : { ...part, step: 'armed' };
    case 'eraseLetGo':
      return part.step === 'busy' ? part : { ...part, step: 'idle' };
    case 'eraseFailed':
      return { ...part, step: 'idle' };
    case 'eraseStarted':
      return { ...part, step: 'busy' };
    case 'deviceErased':
      return { step: 'idle', left: event.erasure.left };
  }
}
