// The lines of the room on the screen: a bounded window into a timeline that may be much longer.

/**
 * @import { Item, ItemId, Page } from '../generated/api.js'
 *
 * @typedef {object} Timeline
 * @property {Item[]} items Oldest first.
 * @property {string | null} earlier Reads what came before the first item; null at the beginning of the room.
 * @property {boolean} detached The newest lines were let go while reading far back; go to the newest to see them.
 * @property {number} newest The id of the newest line that is known of. Ids rise as lines come, wherever these stand.
 * @property {number} unseen Lines of other people that arrived while the end was out of sight.
 */

/** More lines than this are not kept on the screen. */
export const WINDOW = 400;

/** How many lines are read at a time. */
export const PAGE = 80;

/**
 * @param {Page} page The newest page.
 * @returns {Timeline}
 */
export function newestPage(page) {
  return { items: sorted(page.items), earlier: page.earlier, detached: false, newest: newestOf(page.items), unseen: 0 };
}

/**
 * Puts an older page in front; lets go of the newest lines where the window would grow too large.
 * @param {Timeline} timeline
 * @param {Page} page
 * @returns {Timeline}
 */
export function withEarlierPage(timeline, page) {
  const items = merged(page.items, timeline.items);
  const kept = items.slice(0, WINDOW);
  return { ...timeline, items: kept, earlier: page.earlier, detached: timeline.detached || kept.length < items.length };
}

/**
 * @param {Timeline} timeline
 * @param {Item[]} changed New lines, or lines that replace the one with the same id.
 * @param {boolean} atEnd The person sees the end of the timeline.
 * @returns {Timeline}
 */
export function withChanged(timeline, changed, atEnd) {
  const shown = new Set(timeline.items.map((item) => item.id));
  const first = timeline.items[0];
  // One that is not new has moved, or belongs to a page that is not loaded.
  const fresh = changed.filter((item) => Number(item.id) > timeline.newest);
  // A line from before the window belongs to a page that is not loaded; one from after it, to the end that was let go.
  const fitting = changed.filter(
    (item) => shown.has(item.id) || (!timeline.detached && (first === undefined || timeline.earlier === null || item.order >= first.order)),
  );
  const seen = atEnd && !timeline.detached;
  return {
    ...timeline,
    items: merged(timeline.items, fitting),
    newest: Math.max(timeline.newest, newestOf(changed)),
    unseen: seen ? 0 : timeline.unseen + fresh.filter(isFromAnother).length,
  };
}

/**
 * @param {Timeline} timeline
 * @param {ItemId[]} ids
 * @returns {Timeline}
 */
export function withRemoved(timeline, ids) {
  const gone = new Set(ids);
  return { ...timeline, items: timeline.items.filter((item) => !gone.has(item.id)) };
}

/**
 * @param {Item[]} before
 * @param {Item[]} replacing Wins where ids are equal.
 */
function merged(before, replacing) {
  const byId = new Map(before.map((item) => [item.id, item]));
  for (const item of replacing) byId.set(item.id, item);
  return sorted([...byId.values()]);
}

/** @param {Item[]} items */
function newestOf(items) {
  return Math.max(-1, ...items.map((item) => Number(item.id)));
}

/** @param {Item[]} items */
function sorted(items) {
  // The order is opaque text whose bytes compare; a locale's collation would shuffle it.
  return items.toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

/** @param {Item} item */
function isFromAnother(item) {
  return item.body.kind === 'unsupported' || (item.body.kind === 'text' && !item.body.own);
}
