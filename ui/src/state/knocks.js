// Who waits at the doors of this person's rooms. Only the view of a room says it, so the views of locked rooms that are
// not on the screen are read as well: effects/knocks.js asks for those that are stale here.

/**
 * @import { Event as EngineEvent, Knock, RoomHandle, RoomSummary, RoomView } from '../../generated/api.js'
 * @import { RoomViewed, SnapshotTaken } from './events.js'
 *
 * @typedef {object} Knocks
 * @property {Record<RoomHandle, string[]>} waiting Names of those who wait for an answer.
 * @property {RoomHandle[]} stale Locked rooms of which that has to be read again.
 * @property {RoomHandle[]} foreign Rooms of other people, which need not be asked again.
 *
 * @typedef {Extract<EngineEvent, { kind: 'peopleChanged' | 'roomChanged' | 'roomRemoved' }>
 *   | { kind: 'knocksAsked', room: RoomHandle }
 *   | { kind: 'knocksRead', room: RoomHandle, view: RoomView }} KnocksEvent
 */

/** @type {Knocks} */
export const initial = { waiting: {}, stale: [], foreign: [] };

/**
 * @param {Knocks} knocks
 * @param {KnocksEvent | RoomViewed | SnapshotTaken} event
 * @returns {Knocks}
 */
export function reduce(knocks, event) {
  switch (event.kind) {
    case 'peopleChanged':
      return event.room in knocks.waiting ? markStale(knocks, event.room) : knocks;
    case 'roomChanged':
      return follow(knocks, event.summary);
    case 'snapshotTaken':
      return recount(knocks, event.snapshot.rooms);
    case 'roomRemoved':
      return forget({ ...knocks, foreign: knocks.foreign.filter((room) => room !== event.room) }, event.room);
    case 'knocksAsked':
      return settle(knocks, event.room);
    case 'knocksRead':
    case 'roomViewed':
      return read(knocks, event.room, event.view);
  }
}

/**
 * Whether somebody waits for an answer, also while none can be given.
 * @param {Knock} knock
 */
export function isWaiting({ state }) {
  return state === 'waiting' || state === 'unreached';
}

/**
 * @param {Knocks} knocks
 * @param {RoomSummary} summary
 * @returns {Knocks}
 */
function follow(knocks, { room, phase }) {
  if (phase !== 'locked') return room in knocks.waiting ? forget(knocks, room) : knocks;
  if (room in knocks.waiting || knocks.foreign.includes(room)) return knocks;
  return markStale({ ...knocks, waiting: { ...knocks.waiting, [room]: [] } }, room);
}

/**
 * Something may have been missed: whatever was known is read again.
 * @param {Knocks} knocks
 * @param {RoomSummary[]} rooms
 * @returns {Knocks}
 */
function recount({ waiting, foreign }, rooms) {
  const kept = rooms.flatMap(({ room }) => (waiting[room] === undefined ? [] : [[room, waiting[room]]]));
  const next = rooms.reduce(follow, { waiting: Object.fromEntries(kept), stale: [], foreign });
  return { ...next, stale: Object.keys(next.waiting) };
}

/**
 * @param {Knocks} knocks
 * @param {RoomHandle} room
 * @param {RoomView} view
 * @returns {Knocks}
 */
function read(knocks, room, view) {
  if (!view.owner) {
    return { ...forget(knocks, room), foreign: [...knocks.foreign.filter((known) => known !== room), room] };
  }
  // It may have been unlocked since it was asked.
  if (!(room in knocks.waiting)) return knocks;
  const names = view.knocks.filter(isWaiting).map(({ nick }) => nick);
  return { ...knocks, waiting: { ...knocks.waiting, [room]: names } };
}

/**
 * @param {Knocks} knocks
 * @param {RoomHandle} room
 * @returns {Knocks}
 */
function markStale(knocks, room) {
  return knocks.stale.includes(room) ? knocks : { ...knocks, stale: [...knocks.stale, room] };
}

/**
 * @param {Knocks} knocks
 * @param {RoomHandle} room
 * @returns {Knocks}
 */
function settle(knocks, room) {
  return { ...knocks, stale: knocks.stale.filter((known) => known !== room) };
}

/**
 * @param {Knocks} knocks
 * @param {RoomHandle} room
 * @returns {Knocks}
 */
function forget(knocks, room) {
  const { [room]: _, ...waiting } = knocks.waiting;
  return { ...settle(knocks, room), waiting };
}
