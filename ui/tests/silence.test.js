import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIdleEnd } from '../src/silence.js';
import { createState } from '../src/state/slices.js';
import { variants } from './api.js';
import { LEGAL, summary } from './world.js';

/** @import { RoomPhase, RoomSummary } from '../generated/api.js' */

const NOW = 1_795_000_000;
const HOUR = 3600;
const DAY = 24 * HOUR;

/**
 * Whether it is said of a room that it ends, so many seconds before it may.
 * @param {number} left
 * @param {number} idleTtl
 * @param {Partial<RoomSummary>} [more]
 */
function isSaid(left, idleTtl, more = {}) {
  return findIdleEnd(createState(NOW), summary(LEGAL, { idleEndsAt: NOW + left, idleTtl, ...more })) !== null;
}

/** When it is said first. @param {number} idleTtl */
const warning = (idleTtl) => [600, 4 * HOUR, DAY].find((left) => isSaid(left - 1, idleTtl) && !isSaid(left, idleTtl));

test('a sixth of the silence before its end it is said, at least ten minutes and at most a day', () => {
  assert.deepEqual([HOUR, DAY, 7 * DAY, 30 * DAY].map(warning), [600, 4 * HOUR, DAY, DAY]);
});

test('it is said until the room has ended, which may take an hour more', () => {
  assert.ok(isSaid(-3000, DAY));
});

test('only a room that this person is in ends by silence', () => {
  const phases = /** @type {RoomPhase[]} */ (variants('RoomPhase'));
  assert.deepEqual(phases.filter((phase) => isSaid(60, DAY, { phase })), ['awaitingConfirmation', 'open', 'locked']);
  assert.ok(!isSaid(60, DAY, { idleEndsAt: null }));
});
