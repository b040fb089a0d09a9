// The timeline of the room on the screen: the lines that are loaded, and which are being read.

import { markSeen, mergeChanged, prependPage, readNewest, removeLines } from './lines.js';

/**
 * @import { Event as EngineEvent, Page, RoomHandle } from '../../generated/api.js'
 * @import { NewestRead, NewestWanted, RoomFailed, Screen, ScreenOpened, SnapshotTaken } from './events.js'
 * @import { Lines } from './lines.js'
 *
 * @typedef {object} Timeline
 * @property {RoomHandle} room
 * @property {Lines | null} lines Null until the newest page was read.
 * @property {boolean} newestWanted The newest page has to be read.
 * @property {LineEvent[] | null} overtaking Lines that changed while the newest page was being read.
 * @property {boolean} loadingEarlier
 * @property {boolean} atEnd The person sees the end of the timeline.
 *
 * @typedef {Extract<EngineEvent, { kind: 'itemsChanged' | 'itemsRemoved' }>} LineEvent
 *
 * @typedef {LineEvent
 *   | { kind: 'newestAsked' | 'earlierAsked' | 'earlierFailed', room: RoomHandle }
 *   | { kind: 'earlierRead', room: RoomHandle, page: Page }
 *   | { kind: 'endReached', room: RoomHandle, atEnd: boolean }} TimelineEvent
 *
 * @typedef {TimelineEvent | NewestWanted | NewestRead | RoomFailed} EventInTimeline
 */

/** @type {Timeline | null} */
export const initial = null;

/**
 * @param {Timeline | null} timeline
 * @param {EventInTimeline | ScreenOpened | SnapshotTaken} event
 * @returns {Timeline | null}
 */
export function reduce(timeline, event) {
  switch (event.kind) {
    case 'screenOpened':
      return enter(timeline, event.screen);
    case 'snapshotTaken':
      // Who fell behind may have missed lines as well: what is on the screen is read again.
      return timeline && { ...timeline, newestWanted: true };
    case 'itemsChanged':
    case 'itemsRemoved':
    case 'newestWanted':
    case 'newestAsked':
    case 'newestRead':
    case 'earlierAsked':
    case 'earlierRead':
    case 'earlierFailed':
    case 'endReached':
    case 'roomFailed':
      // What happens in rooms that are not on the screen changes nothing but the list.
      return timeline?.room === event.room ? change(timeline, event) : timeline;
  }
}

/**
 * @param {Timeline | null} timeline
 * @param {Screen} screen
 * @returns {Timeline | null}
 */
function enter(timeline, screen) {
  if (screen.name !== 'room') return null;
  if (timeline?.room === screen.room) return timeline;
  return { room: screen.room, lines: null, newestWanted: true, overtaking: null, loadingEarlier: false, atEnd: true };
}

/**
 * @param {Timeline} timeline
 * @param {EventInTimeline} event
 * @returns {Timeline}
 */
function change(timeline, event) {
  const { lines, overtaking } = timeline;
  switch (event.kind) {
    case 'itemsChanged':
    case 'itemsRemoved':
      return applyToLines({ ...timeline, overtaking: overtaking && [...overtaking, event] }, event);
    case 'newestWanted':
      return { ...timeline, newestWanted: true };
    case 'newestAsked':
      return { ...timeline, newestWanted: false, overtaking: [] };
    case 'newestRead':
      return startAnew(timeline, event.page);
    case 'earlierAsked':
      return { ...timeline, loadingEarlier: true };
    case 'earlierRead':
      return { ...timeline, loadingEarlier: false, lines: lines && prependPage(lines, event.page) };
    case 'earlierFailed':
      return { ...timeline, loadingEarlier: false };
    case 'endReached':
      return reachEnd(timeline, event.atEnd);
    case 'roomFailed':
      return { ...timeline, overtaking: null };
  }
}

/**
 * @param {Timeline} timeline
 * @param {LineEvent} event
 * @returns {Timeline}
 */
function applyToLines(timeline, event) {
  const { lines, atEnd } = timeline;
  if (lines === null) return timeline;
  const changed =
    event.kind === 'itemsChanged' ? mergeChanged(lines, event.items, atEnd) : removeLines(lines, event.ids);
  return { ...timeline, lines: changed };
}

/**
 * The page may have been read before lines changed that were told of meanwhile: those changes are applied to it again.
 * @param {Timeline} timeline
 * @param {Page} page
 * @returns {Timeline}
 */
function startAnew(timeline, page) {
  /** @type {Timeline} */
  const read = { ...timeline, lines: readNewest(page), atEnd: true, overtaking: null };
  return (timeline.overtaking ?? []).reduce(applyToLines, read);
}

/**
 * @param {Timeline} timeline
 * @param {boolean} atEnd
 * @returns {Timeline}
 */
function reachEnd(timeline, atEnd) {
  const lines = timeline.lines && atEnd ? markSeen(timeline.lines) : timeline.lines;
  return timeline.atEnd === atEnd && lines === timeline.lines ? timeline : { ...timeline, atEnd, lines };
}
