// What the phase of a room lets a person do.

/** @import { Reorganised, RoomPhase, RoomSummary, RoomView } from '../generated/api.js' */

/**
 * Whether the room's file opened.
 * @param {RoomPhase} phase
 */
export function hasFile(phase) {
  return phase !== 'damaged' && phase !== 'unreadable';
}

/**
 * Whether nothing can be done in the room any more, or not until its file opens.
 * @param {RoomSummary} room
 */
export function isOver({ phase }) {
  return OVER.includes(phase) || !hasFile(phase);
}

/**
 * Whether this person is outside and waits for the owner.
 * @param {RoomSummary} room
 */
export function isOutside({ phase }) {
  return phase === 'knocking';
}

/** @type {RoomPhase[]} */
const OVER = ['leaving', 'closing', 'erasing', 'gone', 'ended'];

/**
 * Whether this person is on the way in, and nothing of who is there is known.
 * @param {RoomSummary} room
 */
export function isEntering({ phase }) {
  return phase === 'joining';
}

/**
 * Whether this person never was inside, as far as this app knows. Who comes in again still has a place there.
 * @param {RoomSummary} room
 */
export function isNotIn(room) {
  return isEntering(room) && room.members === 0;
}

/**
 * Whether nothing can be written any more, or not yet.
 * @param {RoomSummary} room
 */
export function isSilent(room) {
  return isEntering(room) || isOutside(room) || isOver(room);
}

/**
 * Whether others can be invited into it.
 * @param {RoomSummary} room
 */
export function mayInvite(room) {
  return room.moved === null && !isEntering(room) && !isOver(room);
}

/**
 * Whether its owner can move the room, which is done once.
 * @param {RoomSummary} room
 */
export function mayMove(room) {
  return room.moved === null && !isSilent(room);
}

/**
 * Whether nothing of the room may be in sight: it is being erased, or somebody asks to erase it.
 * @param {RoomSummary} room
 */
export function isShut({ phase, eraseAsked }) {
  return phase === 'erasing' || eraseAsked !== null;
}

/**
 * Whether this person can erase the room for everybody.
 * @param {RoomSummary} room
 * @param {RoomView | null} view Null while it was not read.
 */
export function mayErase(room, view) {
  return view !== null && !isSilent(room) && (view.owner || view.rules.eraseBy === 'anyMember');
}

/**
 * What the room asks at the moment; null if nothing, or if the answer was given and is being carried out.
 * @param {RoomSummary} room
 * @returns {Reorganised | null}
 */
export function findQuestion({ phase, reorganised }) {
  return phase === 'open' || phase === 'locked' || phase === 'awaitingConfirmation' ? reorganised : null;
}
