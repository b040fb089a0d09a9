// Whether a snapshot of the engine has to be taken, and what came while one was. `store.js` says what follows from it.

/**
 * @import { ErrorCode, Event as EngineEvent, Theme } from '../../generated/api.js'
 * @import { SnapshotTaken } from './events.js'
 *
 * @typedef {object} SnapshotPart
 * @property {boolean} stale A new snapshot has to be taken.
 * @property {OvertakingEvent[] | null} overtaking What came while one is being taken; null while none is.
 *
 * @typedef {Extract<EngineEvent, { kind: 'roomChanged' | 'roomRemoved' }>
 *   | { kind: 'themeChosen', theme: Theme }
 *   | { kind: 'tellsTypingChosen', on: boolean }} OvertakingEvent
 *
 * @typedef {Extract<EngineEvent, { kind: 'lagged' | 'vaultChanged' }>
 *   | { kind: 'addressUsed' | 'snapshotAsked' }
 *   | { kind: 'snapshotFailed', code: ErrorCode }} SnapshotEvent
 */

/** @type {SnapshotPart} */
export const initial = { stale: false, overtaking: null };

/**
 * @param {SnapshotPart} part
 * @param {SnapshotEvent | SnapshotTaken} event
 * @returns {SnapshotPart}
 */
export function reduce({ stale, overtaking }, event) {
  switch (event.kind) {
    case 'lagged':
    case 'vaultChanged':
    // Which one is offered next time is told by nothing else.
    case 'addressUsed':
      return { stale: true, overtaking };
    case 'snapshotAsked':
      return { stale: false, overtaking: [] };
    case 'snapshotTaken':
    case 'snapshotFailed':
      return { stale, overtaking: null };
  }
}
