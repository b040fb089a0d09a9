// The card that is being read. Its text is never here: it stands in a closure of the action that opened it.

/**
 * @import { Event as EngineEvent, Item, ItemId, RoomHandle } from '../../generated/api.js'
 * @import { NewestRead, ScreenOpened } from './events.js'
 *
 * @typedef {object} Reading
 * @property {RoomHandle} room
 * @property {ItemId} item
 * @property {boolean} held Whether the person holds it.
 * @property {boolean} kept Whether it stays open without being held.
 * @property {number | null} left Seconds for which it can be read; null while it is being opened.
 *
 * @typedef {{ kind: 'cardPressed', room: RoomHandle, item: ItemId, keep: boolean }
 *   | { kind: 'cardReleased', room: RoomHandle, item: ItemId }
 *   | { kind: 'cardOpened', left: number }
 *   | { kind: 'cardClosed' }} ReadingEvent
 *
 * @typedef {Extract<EngineEvent, { kind: 'itemsChanged' | 'itemsRemoved' | 'roomRemoved' }> | NewestRead} OfRoom
 */

/** @type {Reading | null} */
export const initial = null;

/**
 * @param {Reading | null} reading
 * @param {ReadingEvent | ScreenOpened | OfRoom} event
 * @returns {Reading | null}
 */
export function reduce(reading, event) {
  switch (event.kind) {
    case 'cardPressed':
      return press(reading, event);
    case 'cardReleased':
      return isOf(reading, event) && reading?.held ? { ...reading, held: false } : reading;
    case 'cardOpened':
      return reading === null ? null : { ...reading, left: event.left };
    case 'cardClosed':
    case 'screenOpened':
      return null;
    case 'itemsChanged':
      return reading?.room === event.room && event.items.some((item) => isGone(reading, item)) ? null : reading;
    case 'newestRead':
      return reading?.room === event.room && event.page.items.some((item) => isGone(reading, item)) ? null : reading;
    case 'itemsRemoved':
      return reading?.room === event.room && event.ids.includes(reading.item) ? null : reading;
    case 'roomRemoved':
      return reading?.room === event.room ? null : reading;
  }
}

/**
 * Another card ends the one that is open: that one has been read. What is still being opened is waited for, or it
 * would be lost unread.
 * @param {Reading | null} reading
 * @param {Extract<ReadingEvent, { kind: 'cardPressed' }>} event
 * @returns {Reading | null}
 */
function press(reading, event) {
  const { room, item, keep } = event;
  if (reading !== null && isOf(reading, event)) {
    return { ...reading, held: true, kept: keep ? !reading.kept : reading.kept };
  }
  const isOpening = reading !== null && reading.left === null;
  return isOpening ? reading : { room, item, held: true, kept: keep, left: null };
}

/**
 * @param {Reading | null} reading
 * @param {{ room: RoomHandle, item: ItemId }} card
 */
export function isOf(reading, { room, item }) {
  return reading?.room === room && reading.item === item;
}

/**
 * Whether a line says that its card is no longer there: it was taken back, or deleted.
 * @param {Reading} reading
 * @param {Item} line
 */
function isGone(reading, { id, body }) {
  if (id !== reading.item) return false;
  return body.kind !== 'viewOnce' || body.card === 'gone' || body.card === 'unread';
}

/**
 * Whether the text of a card may be on the screen now.
 * @param {Reading | null} reading
 */
export function isShown(reading) {
  return reading !== null && reading.left !== null && (reading.held || reading.kept);
}
