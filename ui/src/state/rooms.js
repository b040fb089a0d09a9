// The rooms on this computer, the most recently active first.

/**
 * @import { Event as EngineEvent, RoomSummary } from '../../generated/api.js'
 * @import { SnapshotTaken } from './events.js'
 * @typedef {Extract<EngineEvent, { kind: 'roomChanged' | 'roomRemoved' }>} RoomsEvent
 */

/** @type {RoomSummary[]} */
export const initial = [];

/**
 * @param {RoomSummary[]} rooms
 * @param {RoomsEvent | SnapshotTaken} event
 * @returns {RoomSummary[]}
 */
export function reduce(rooms, event) {
  switch (event.kind) {
    case 'roomChanged':
      return putInOrder(rooms, event.summary);
    case 'roomRemoved':
      return rooms.filter(({ room }) => room !== event.room);
    case 'snapshotTaken':
      return event.snapshot.rooms;
  }
}

/**
 * @param {RoomSummary[]} rooms
 * @param {RoomSummary} changed
 */
function putInOrder(rooms, changed) {
  const others = rooms.filter(({ room }) => room !== changed.room);
  // Nothing happens any more in one that has ended; in one without a line it begins.
  const findLatest = (/** @type {RoomSummary} */ { ended, lastLine }) =>
    ended === null ? (lastLine?.at ?? Number.MAX_SAFE_INTEGER) : 0;
  return [changed, ...others].toSorted((a, b) => findLatest(b) - findLatest(a));
}
