// The room that the screen is about: its people, and whether it can be read. Its lines are in timeline.js.

/**
 * @import { ErrorCode, Event as EngineEvent, RoomHandle, RoomView } from '../../generated/api.js'
 * @import { NewestRead, NewestWanted, RoomFailed, RoomViewed, Screen, ScreenOpened, SnapshotTaken } from './events.js'
 *
 * @typedef {object} OpenRoom
 * @property {RoomHandle} room
 * @property {RoomView | null} view
 * @property {'fresh' | 'asked' | 'stale' | 'askedAndStale'} viewState Whether the view has to be read again.
 * @property {ErrorCode | null} error
 *
 * @typedef {Extract<EngineEvent, { kind: 'peopleChanged' }>
 *   | { kind: 'viewAsked', room: RoomHandle }} RoomEvent
 *
 * @typedef {RoomEvent | RoomViewed | NewestWanted | NewestRead | RoomFailed} EventInRoom
 */

/** @type {OpenRoom | null} */
export const initial = null;

/**
 * @param {OpenRoom | null} open
 * @param {EventInRoom | ScreenOpened | SnapshotTaken} event
 * @returns {OpenRoom | null}
 */
export function reduce(open, event) {
  switch (event.kind) {
    case 'screenOpened':
      return enter(open, event.screen);
    case 'snapshotTaken':
      return open && { ...open, viewState: 'stale' };
    case 'peopleChanged':
    case 'viewAsked':
    case 'roomViewed':
    case 'newestWanted':
    case 'newestRead':
    case 'roomFailed':
      // What happens in rooms that are not on the screen changes nothing but the list.
      return open?.room === event.room ? change(open, event) : open;
  }
}

/**
 * A room that is entered has yet to be read; one that is on the screen already stays as it is.
 * @param {OpenRoom | null} open
 * @param {Screen} screen
 * @returns {OpenRoom | null}
 */
function enter(open, screen) {
  if (screen.name !== 'room' && screen.name !== 'invite') return null;
  return open?.room === screen.room ? open : { room: screen.room, view: null, viewState: 'stale', error: null };
}

/**
 * @param {OpenRoom} open
 * @param {EventInRoom} event
 * @returns {OpenRoom}
 */
function change(open, event) {
  const { view, viewState } = open;
  switch (event.kind) {
    case 'peopleChanged':
      return { ...open, viewState: viewState === 'asked' || viewState === 'askedAndStale' ? 'askedAndStale' : 'stale' };
    case 'viewAsked':
      return { ...open, viewState: 'asked' };
    case 'roomViewed':
      return { ...open, view: event.view, viewState: viewState === 'askedAndStale' ? 'stale' : 'fresh' };
    case 'newestWanted':
      return { ...open, viewState: view === null ? 'stale' : viewState, error: null };
    case 'newestRead':
      return { ...open, error: null };
    case 'roomFailed':
      return { ...open, viewState: 'fresh', error: event.code };
  }
}
