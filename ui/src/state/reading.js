// The card that is being read. Its text is never here: it stands in a closure of the action that opened it.

/**
 * @import { Event as EngineEvent, ItemId, RoomHandle } from '../../generated/api.js'
 * @import { ScreenOpened } from './events.js'
 *
 * @typedef {object} Reading
 * @property {RoomHandle} room
 * @property {ItemId} item
 * @property {boolean} held Whether the person holds it.
 * @property {boolean} kept Whether it stays open without being held.
 * @property {number | null} left Seconds for which it can be read; null while it is being opened.
 *
 * @typedef {{ kind: 'cardPressed', room: RoomHandle, item: ItemId, keep: boolean }
 *   | { kind: 'cardReleased' }
 *   | { kind: 'cardOpened', left: number }
 *   | { kind: 'cardClosed' }} ReadingEvent
 */

/** @type {Reading | null} */
export const initial = null;

/**
 * @param {Reading | null} reading
 * @param {ReadingEvent | ScreenOpened | Extract<EngineEvent, { kind: 'roomRemoved' }>} event
 * @returns {Reading | null}
 */
export function reduce(reading, event) {
  switch (event.kind) {
    case 'cardPressed': {
      const { room, item, keep } = event;
      if (reading === null) return { room, item, held: true, kept: keep, left: null };
      const isThis = reading.room === room && reading.item === item;
      return isThis ? { ...reading, held: true, kept: keep ? !reading.kept : reading.kept } : reading;
    }
    case 'cardReleased':
      return reading === null || !reading.held ? reading : { ...reading, held: false };
    case 'cardOpened':
      return reading === null ? null : { ...reading, left: event.left };
    case 'cardClosed':
    case 'screenOpened':
      return null;
    case 'roomRemoved':
      return reading?.room === event.room ? null : reading;
  }
}

/**
 * Whether the text of a card may be on the screen now.
 * @param {Reading | null} reading
 */
export function isShown(reading) {
  return reading !== null && reading.left !== null && (reading.held || reading.kept);
}
