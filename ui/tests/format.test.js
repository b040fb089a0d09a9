import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBytes, formatDay } from '../src/format.js';

/** @import { App } from '../types/app.js' */

/** Names the sentence. */
const app = /** @type {App} */ (
  /** @type {unknown} */ ({ t: (/** @type {string} */ id) => id, strings: { dates: 'en-GB' } })
);
/** @param {string} at @param {string} now */
const day = (at, now) => formatDay(app, Date.parse(at) / 1000, Date.parse(now) / 1000);

test('yesterday is the day before in the calendar, also around a change of the clocks', () => {
  const before = process.env['TZ'];
  process.env['TZ'] = 'Europe/Berlin';
  try {
    assert.equal(day('2026-06-10T12:00+02:00', '2026-06-11T00:10+02:00'), 'day-yesterday');
    assert.equal(day('2026-06-11T00:00+02:00', '2026-06-11T23:50+02:00'), 'day-today');
    // The day of 25 hours: half an hour before its end, 24 hours ago was today.
    assert.equal(day('2026-10-24T20:00+02:00', '2026-10-25T23:30+01:00'), 'day-yesterday');
    // After the day of 23 hours: half an hour past midnight, 24 hours ago was the day before yesterday.
    assert.equal(day('2026-03-29T12:00+02:00', '2026-03-30T00:30+02:00'), 'day-yesterday');
    assert.equal(day('2026-03-28T23:40+01:00', '2026-03-30T00:30+02:00'), 'Saturday 28 March');
    assert.equal(day('2025-12-31T12:00+01:00', '2026-01-01T12:00+01:00'), 'day-yesterday');
  } finally {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  }
});

test('bytes are those of UTF-8, also where a text was cut within a character', () => {
  const edges = '\u007f\u0080\u07ff\u0800\uffff\u{10000}';
  for (const text of ['', 'plain', 'Zürich', '東京', '🔥 twice 🔥', 'cut \ud83d', '\udd25 cut', edges]) {
    assert.equal(countBytes(text), new TextEncoder().encode(text).length, text);
  }
});
