// What is in sight of a room that is being erased, or that somebody asks to erase: nothing that was read or written in
// it. Whatever comes meanwhile, as an answer that was under way, brings nothing of it back.

import { isShut } from '../phase.js';
import { initial as NO_DIALOG } from './dialog.js';

/**
 * @import { RoomHandle, RoomSummary } from '../../generated/api.js'
 * @import { State } from './slices.js'
 * @import { Timeline } from './timeline.js'
 */

/**
 * @param {State} before
 * @param {State} state
 * @returns {State} The same one if there is nothing to put away, and nothing to show again.
 */
export function keepShut(before, state) {
  const { timeline } = state;
  const shut = listShut(state.rooms);
  if (shut.size === 0 && timeline === null) return state;
  const was = listShut(before.rooms);
  const wasHere = timeline !== null && was.has(timeline.room) && !shut.has(timeline.room);
  const next = wasHere ? { ...state, timeline: { ...timeline, newestWanted: true } } : state;
  if (shut.size === 0) return next;
  const fresh = new Set([...shut].filter((room) => !was.has(room)));
  return closeOver(putAway(next, shut), fresh);
}

/**
 * @param {State} state
 * @param {Set<RoomHandle>} shut
 * @returns {State}
 */
function putAway(state, shut) {
  const { drafts, reading, sealing, timeline, typing } = state;
  const isRead = reading !== null && shut.has(reading.room);
  const isSeen = timeline !== null && shut.has(timeline.room) && !isEmpty(timeline);
  const isWritten = [...shut].some((room) => room in drafts || room in sealing.chosen || room in typing);
  if (!isRead && !isSeen && !isWritten) return state;
  return {
    ...state,
    drafts: leaveOut(drafts, shut),
    typing: leaveOut(typing, shut),
    sealing: { ...sealing, chosen: leaveOut(sealing.chosen, shut) },
    reading: isRead ? null : reading,
    timeline: isSeen ? { ...timeline, ...EMPTY } : timeline,
  };
}

/**
 * What lay over the room goes when it is shut; what is opened over it afterwards stays.
 * @param {State} state
 * @param {Set<RoomHandle>} fresh
 * @returns {State}
 */
function closeOver(state, fresh) {
  const { dialog, drawer, room } = state;
  const asked = dialog.shown !== null && 'room' in dialog.shown ? dialog.shown.room : null;
  const isOver = asked !== null && fresh.has(asked);
  const isBeside = drawer === 'people' && room !== null && fresh.has(room.room);
  if (!isOver && !isBeside) return state;
  return { ...state, dialog: isOver ? NO_DIALOG : dialog, drawer: isBeside ? null : drawer };
}

const EMPTY = { lines: null, newestWanted: false, overtaking: null, loadingEarlier: false };

/** @param {Timeline} timeline */
function isEmpty({ lines, newestWanted, overtaking, loadingEarlier }) {
  return lines === null && !newestWanted && overtaking === null && !loadingEarlier;
}

/** @param {RoomSummary[]} rooms */
function listShut(rooms) {
  return new Set(rooms.filter(isShut).map(({ room }) => room));
}

/**
 * @template Value
 * @param {Record<RoomHandle, Value>} record
 * @param {Set<RoomHandle>} rooms
 * @returns {Record<RoomHandle, Value>}
 */
export function leaveOut(record, rooms) {
  return Object.fromEntries(Object.entries(record).filter(([room]) => !rooms.has(room)));
}
