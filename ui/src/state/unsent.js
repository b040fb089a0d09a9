// What was written in a room and has not gone out.

/**
 * @import { Item, RoomHandle } from '../../generated/api.js'
 * @import { State } from './slices.js'
 */

/**
 * How many messages the relay does not have yet. The lines in sight may be newer than the room as it was read.
 * @param {State} state
 * @param {RoomHandle} room
 */
export function countUnsent({ room: open, timeline }, room) {
  const known = open?.room === room ? (open.view?.unsent ?? 0) : 0;
  const seen = timeline?.room === room ? (timeline.lines?.items ?? []).filter(isUnsent).length : 0;
  return Math.max(known, seen);
}

/**
 * Whether something is being written that nobody has.
 * @param {State} state
 * @param {RoomHandle} room
 */
export function hasDraft({ drafts }, room) {
  return (drafts[room] ?? '').trim() !== '';
}

/** @param {Item} line */
function isUnsent({ body }) {
  return 'own' in body && body.own && 'state' in body && body.state !== 'stored';
}
