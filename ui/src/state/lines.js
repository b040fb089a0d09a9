// The lines that are loaded: a bounded window into a timeline that may be much longer.

/**
 * @import { Item, ItemId, Page } from '../../generated/api.js'
 *
 * @typedef {object} Lines
 * @property {Item[]} items Oldest first.
 * @property {string | null} earlier Reads what came before the first item; null at the beginning of the room.
 * @property {boolean} detached The newest lines were let go while reading far back; go to the newest to see them.
 * @property {number} newest The id of the newest line that is known of. Ids rise as lines come, wherever these stand.
 * @property {number} unseen Lines of other people that arrived while the end was out of sight.
 */

/** More lines than this are not kept. */
export const WINDOW = 400;

/** How many lines are read at a time. */
export const PAGE = 80;

/**
 * @param {Page} page The newest page.
 * @returns {Lines}
 */
export function readNewest({ items, earlier }) {
  return { items: sort(items), earlier, detached: false, newest: findNewest(items), unseen: 0 };
}

/**
 * Puts an older page in front; lets go of the newest lines where the window would grow too large.
 * @param {Lines} lines
 * @param {Page} page
 * @returns {Lines}
 */
export function prependPage(lines, { items, earlier }) {
  const all = merge(items, lines.items);
  const kept = all.slice(0, WINDOW);
  return { ...lines, items: kept, earlier, detached: lines.detached || kept.length < all.length };
}

/**
 * @param {Lines} lines
 * @param {Item[]} changed New lines, or lines that replace the one with the same id.
 * @param {boolean} atEnd The person sees the end of the timeline.
 * @returns {Lines}
 */
export function mergeChanged(lines, changed, atEnd) {
  const shown = new Set(lines.items.map((item) => item.id));
  const first = lines.items[0];
  // A line from before the window belongs to a page that is not loaded; one from after it, to the end that was let go.
  const isWithin = (/** @type {Item} */ { order }) =>
    !lines.detached && (first === undefined || lines.earlier === null || order >= first.order);
  // One that is not new has moved, or belongs to a page that is not loaded.
  const fresh = changed.filter((item) => Number(item.id) > lines.newest);
  const seen = atEnd && !lines.detached;
  return {
    ...lines,
    items: merge(lines.items, changed.filter((item) => shown.has(item.id) || isWithin(item))),
    newest: Math.max(lines.newest, findNewest(changed)),
    unseen: seen ? 0 : lines.unseen + fresh.filter(isFromAnother).length,
  };
}

/**
 * @param {Lines} lines
 * @param {ItemId[]} ids
 * @returns {Lines}
 */
export function removeLines(lines, ids) {
  const gone = new Set(ids);
  return { ...lines, items: lines.items.filter((item) => !gone.has(item.id)) };
}

/**
 * The person sees the end of what is loaded; where that is not the end of the timeline, lines stay unseen.
 * @param {Lines} lines
 * @returns {Lines}
 */
export function markSeen(lines) {
  return lines.detached || lines.unseen === 0 ? lines : { ...lines, unseen: 0 };
}

/**
 * @param {Item[]} before
 * @param {Item[]} replacing Wins where ids are equal.
 */
function merge(before, replacing) {
  const byId = new Map(before.map((item) => [item.id, item]));
  for (const item of replacing) byId.set(item.id, item);
  return sort([...byId.values()]);
}

/** @param {Item[]} items */
function findNewest(items) {
  return Math.max(-1, ...items.map((item) => Number(item.id)));
}

/** @param {Item[]} items */
function sort(items) {
  // The order is opaque text whose bytes compare; a locale's collation would shuffle it.
  return items.toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}

/** Kinds that are news where somebody else wrote them. @type {Item['body']['kind'][]} */
const SAID = ['text', 'viewOnce', 'moved'];

/** @param {Item} item */
function isFromAnother({ body }) {
  return body.kind === 'unsupported' || (SAID.includes(body.kind) && 'own' in body && !body.own);
}
