// Times and sizes as people say them.

/** @import { App } from '../types/app.js' */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A length of time in its largest whole unit: "7 days".
 * @param {App} app
 * @param {number} seconds
 */
export function formatDuration({ t }, seconds) {
  const left = Math.max(0, seconds);
  if (left >= 2 * DAY) return t('duration-days', { count: Math.round(left / DAY) });
  if (left >= HOUR) return t('duration-hours', { count: Math.round(left / HOUR) });
  if (left >= MINUTE) return t('duration-minutes', { count: Math.round(left / MINUTE) });
  return t('duration-seconds', { count: Math.round(left) });
}

/**
 * The same where there is room for three characters only: "7d".
 * @param {App} app
 * @param {number} seconds
 */
export function formatShortDuration({ t }, seconds) {
  const left = Math.max(0, seconds);
  if (left >= 2 * DAY) return t('short-days', { count: Math.round(left / DAY) });
  if (left >= HOUR) return t('short-hours', { count: Math.round(left / HOUR) });
  if (left >= MINUTE) return t('short-minutes', { count: Math.round(left / MINUTE) });
  return t('short-seconds', { count: Math.round(left) });
}

/**
 * @param {App} app
 * @param {number} at Unix seconds.
 */
export function formatClock({ strings }, at) {
  return makeFormatter(strings.dates, { hour: '2-digit', minute: '2-digit' }).format(at * 1000);
}

/**
 * @param {App} app
 * @param {number} at Unix seconds.
 * @param {number} now Unix seconds.
 */
export function formatDay({ strings, t }, at, now) {
  if (isSameDay(at, now)) return t('day-today');
  if (isSameDay(at, findDayBefore(now))) return t('day-yesterday');
  return makeFormatter(strings.dates, { weekday: 'long', day: 'numeric', month: 'long' }).format(at * 1000);
}

/**
 * @param {App} app
 * @param {number} at Unix seconds.
 */
export function formatDate({ strings }, at) {
  return makeFormatter(strings.dates, { dateStyle: 'long' }).format(at * 1000);
}

/**
 * @param {App} app
 * @param {number} at Unix seconds.
 */
export function formatMoment({ strings }, at) {
  return makeFormatter(strings.dates, { dateStyle: 'full', timeStyle: 'short' }).format(at * 1000);
}

/**
 * @param {number} a Unix seconds.
 * @param {number} b Unix seconds.
 */
export function isSameDay(a, b) {
  return new Date(a * 1000).toDateString() === new Date(b * 1000).toDateString();
}

/**
 * Some time of the calendar day before: a day of a clock change has 23 or 25 hours.
 * @param {number} now Unix seconds.
 */
function findDayBefore(now) {
  const today = new Date(now * 1000);
  // No clock is changed at noon.
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1, 12).getTime() / 1000;
}

/**
 * The limits of the protocol count UTF-8 bytes, not characters.
 * @param {string} text
 */
export function countBytes(text) {
  let bytes = 0;
  // A copy of a text that somebody pastes would be made with each key.
  for (let at = 0; at < text.length; at += 1) {
    const point = text.codePointAt(at) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    // The second half of a surrogate pair is no character of its own.
    if (point >= 0x10000) at += 1;
  }
  return bytes;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/**
 * Making a formatter is slow enough to be felt in a long timeline.
 * @param {string} locale
 * @param {Intl.DateTimeFormatOptions} options
 */
function makeFormatter(locale, options) {
  const key = locale + JSON.stringify(options);
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}
