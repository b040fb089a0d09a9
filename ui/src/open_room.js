// The room on the screen: its people and the lines that are loaded.

import { newestPage, withChanged, withEarlierPage, withRemoved } from './timeline.js';

/**
 * @import { Timeline } from './timeline.js'
 * @import { ErrorCode, Event as EngineEvent, Page, RoomHandle, RoomView } from '../generated/api.js'
 *
 * @typedef {object} OpenRoom
 * @property {RoomHandle} room
 * @property {RoomView | null} view
 * @property {'fresh' | 'asked' | 'stale' | 'askedAndStale'} viewState Whether the view has to be read again.
 * @property {Timeline | null} timeline
 * @property {boolean} newestWanted The newest page has to be read.
 * @property {LineEvent[] | null} overtaking Lines that changed while the newest page was being read.
 * @property {boolean} loadingEarlier
 * @property {boolean} atEnd The person sees the end of the timeline.
 * @property {ErrorCode | null} error
 *
 * @typedef {Extract<EngineEvent, { kind: 'itemsChanged' | 'itemsRemoved' }>} LineEvent
 *
 * @typedef {LineEvent | Extract<EngineEvent, { kind: 'peopleChanged' }>
 *   | { kind: 'viewAsked' | 'newestWanted' | 'newestAsked' | 'earlierAsked' | 'earlierFailed', room: RoomHandle }
 *   | { kind: 'roomViewed', room: RoomHandle, view: RoomView } | { kind: 'newestRead' | 'earlierRead', room: RoomHandle, page: Page }
 *   | { kind: 'endReached', room: RoomHandle, atEnd: boolean } | { kind: 'roomFailed', room: RoomHandle, code: ErrorCode }} OpenRoomEvent
 */

/**
 * A room that is entered; everything has yet to be read.
 * @param {RoomHandle} room
 * @returns {OpenRoom}
 */
export function enterRoom(room) {
  return {
    room,
    view: null,
    viewState: 'stale',
    timeline: null,
    newestWanted: true,
    overtaking: null,
    loadingEarlier: false,
    atEnd: true,
    error: null,
  };
}

/**
 * @param {OpenRoom} open
 * @param {OpenRoomEvent} event
 * @returns {OpenRoom}
 */
export function reduceOpenRoom(open, event) {
  switch (event.kind) {
    case 'peopleChanged':
      return { ...open, viewState: open.viewState === 'asked' || open.viewState === 'askedAndStale' ? 'askedAndStale' : 'stale' };
    case 'viewAsked':
      return { ...open, viewState: 'asked' };
    case 'roomViewed':
      return { ...open, view: event.view, viewState: open.viewState === 'askedAndStale' ? 'stale' : 'fresh' };

    case 'itemsChanged':
    case 'itemsRemoved':
      return withLines({ ...open, overtaking: open.overtaking && [...open.overtaking, event] }, event);
    case 'newestWanted':
      return { ...open, newestWanted: true, viewState: open.view === null ? 'stale' : open.viewState, error: null };
    case 'newestAsked':
      return { ...open, newestWanted: false, overtaking: [] };
    case 'newestRead':
      return withNewest(open, event.page);
    case 'earlierAsked':
      return { ...open, loadingEarlier: true };
    case 'earlierRead':
      return { ...open, loadingEarlier: false, timeline: open.timeline && withEarlierPage(open.timeline, event.page) };
    case 'earlierFailed':
      return { ...open, loadingEarlier: false };
    case 'endReached':
      return atEnd(open, event.atEnd);
    case 'roomFailed':
      return { ...open, viewState: 'fresh', overtaking: null, error: event.code };
  }
}

/**
 * @param {OpenRoom} open
 * @param {LineEvent} event
 * @returns {OpenRoom}
 */
function withLines(open, event) {
  if (open.timeline === null) return open;
  const timeline = event.kind === 'itemsChanged' ? withChanged(open.timeline, event.items, open.atEnd) : withRemoved(open.timeline, event.ids);
  return { ...open, timeline };
}

/**
 * The page may have been read before lines changed that were told of meanwhile: those changes are applied to it again.
 * @param {OpenRoom} open
 * @param {Page} page
 * @returns {OpenRoom}
 */
function withNewest(open, page) {
  /** @type {OpenRoom} */
  const read = { ...open, timeline: newestPage(page), atEnd: true, error: null, overtaking: null };
  return (open.overtaking ?? []).reduce(withLines, read);
}

/**
 * @param {OpenRoom} open
 * @param {boolean} reached
 * @returns {OpenRoom}
 */
function atEnd(open, reached) {
  const { timeline } = open;
  const sees = reached && timeline !== null && !timeline.detached && timeline.unseen > 0;
  if (open.atEnd === reached && !sees) return open;
  return { ...open, atEnd: reached, timeline: sees ? { ...timeline, unseen: 0 } : timeline };
}
