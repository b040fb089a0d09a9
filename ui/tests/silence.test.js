import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIdleEnd } from '../src/silence.js';
import { createState } from '../src/state/slices.js';
import { reduce } from '../src/state/store.js';
import { variants } from './api.js';
import { LEGAL, RULES, evening, summary } from './world.js';

/** @import { RoomPhase, RoomSummary } from '../generated/api.js' */

const NOW = 1_795_000_000;
const HOUR = 3600;
const DAY = 24 * HOUR;

/**
 * Whether it is said of a room that it ends, so many seconds before it may.
 * @param {number} left
 * @param {number | null} idleTtl Null while its rules were not read.
 * @param {Partial<RoomSummary>} [more]
 */
function isSaid(left, idleTtl, more = {}) {
  const view = /** @type {any} */ ({ ...evening('', NOW).views[LEGAL], rules: { ...RULES, idleTtl } });
  const empty = createState(NOW);
  const state = idleTtl === null ? empty : reduce(empty, { kind: 'roomViewed', room: LEGAL, view });
  return findIdleEnd(state, summary(LEGAL, { idleEndsAt: NOW + left, ...more })) !== null;
}

/** When it is said first. @param {number | null} idleTtl */
const warning = (idleTtl) => [600, 4 * HOUR, DAY].find((left) => isSaid(left - 1, idleTtl) && !isSaid(left, idleTtl));

test('a sixth of the silence before its end it is said, at least ten minutes and at most a day', () => {
  assert.deepEqual([HOUR, DAY, 7 * DAY, 30 * DAY].map(warning), [600, 4 * HOUR, DAY, DAY]);
  assert.equal(warning(null), 4 * HOUR, 'as of most rooms, while the rules are not known');
});

test('it is said until the room has ended, which may take an hour more', () => {
  assert.ok(isSaid(-3000, DAY));
});

test('only a room that this person is in ends by silence', () => {
  const phases = /** @type {RoomPhase[]} */ (variants('RoomPhase'));
  assert.deepEqual(phases.filter((phase) => isSaid(60, DAY, { phase })), ['awaitingConfirmation', 'open', 'locked']);
  assert.ok(!isSaid(60, DAY, { idleEndsAt: null }));
});

test('the rules of a room that is not entered yet say nothing, and those of one that is gone are forgotten', () => {
  assert.ok(isSaid(4 * HOUR - 1, 0));
  const view = /** @type {any} */ (evening('', NOW).views[LEGAL]);
  const known = reduce(createState(NOW), { kind: 'roomViewed', room: LEGAL, view });
  assert.deepEqual(known.silences, { [LEGAL]: RULES.idleTtl });
  assert.deepEqual(reduce(known, { kind: 'roomRemoved', room: LEGAL }).silences, {});
});
