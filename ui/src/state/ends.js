// What ends when the vault is locked or the app is closed.

/**
 * @import { RoomSummary } from '../../generated/api.js'
 *
 * @typedef {object} Ends
 * @property {number} others Who is connected to rooms that this computer serves.
 * @property {number} othersWhoWait Those of them whose room goes on later.
 * @property {number} lost Rooms that are in memory only.
 */

/**
 * @param {RoomSummary[]} rooms
 * @returns {Ends}
 */
export function countEnds(rooms) {
  const kept = rooms.filter(({ inMemory }) => !inMemory);
  return { others: countOthers(rooms), othersWhoWait: countOthers(kept), lost: rooms.length - kept.length };
}

/** @param {RoomSummary[]} rooms */
function countOthers(rooms) {
  return rooms.reduce((sum, { hosting }) => sum + (hosting?.connected ?? 0), 0);
}
