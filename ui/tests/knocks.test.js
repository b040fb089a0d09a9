// Who waits at the doors of this person's rooms, from what the engine tells of each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initial, reduce } from '../src/state/knocks.js';
import { LEGAL, PRESS, evening, knocker, summary } from './world.js';

/**
 * @import { RoomView } from '../generated/api.js'
 * @import { Knocks, KnocksEvent } from '../src/state/knocks.js'
 */

const NOW = 1_795_000_000;
const world = evening('', NOW);
const view = /** @type {RoomView} */ (world.views[PRESS]);
const locked = summary(PRESS, { phase: 'locked' });
const after = (/** @type {Knocks} */ knocks, /** @type {KnocksEvent[]} */ ...events) => events.reduce(reduce, knocks);
const told = (/** @type {KnocksEvent[]} */ ...events) => after(initial, ...events);

test('a locked room is read when it is met and when its people change, an open one never', () => {
  const open = told({ kind: 'roomChanged', summary: summary(PRESS) }, { kind: 'peopleChanged', room: PRESS });
  assert.deepEqual(open, initial);
  const met = told({ kind: 'roomChanged', summary: locked });
  assert.deepEqual(met.stale, [PRESS]);
  const asked = after(met, { kind: 'knocksAsked', room: PRESS });
  assert.deepEqual(asked.stale, []);
  assert.deepEqual(after(asked, { kind: 'roomChanged', summary: locked }).stale, [], 'a new line asks nothing');
  assert.deepEqual(after(asked, { kind: 'peopleChanged', room: PRESS }).stale, [PRESS]);
});

test('only who waits counts, and only in the owner’s rooms', () => {
  const knocks = [
    knocker('k1', 'Siskin', NOW + 60),
    knocker('k2', 'Marten', NOW + 60, { state: 'admitting' }),
    knocker('k3', 'Dunnock', NOW + 60, { state: 'admitted' }),
  ];
  const met = told({ kind: 'roomChanged', summary: locked });
  const read = after(met, { kind: 'knocksRead', room: PRESS, view: { ...view, knocks } });
  assert.deepEqual(read.waiting, { [PRESS]: ['Siskin'] });
  const foreign = after(met, { kind: 'knocksRead', room: PRESS, view: { ...view, owner: false, knocks } });
  assert.deepEqual([foreign.waiting, foreign.foreign], [{}, [PRESS]]);
  assert.deepEqual(after(foreign, { kind: 'peopleChanged', room: PRESS }).stale, []);
});

test('an unlocked or removed room is forgotten, and a late answer does not bring it back', () => {
  const knocks = [knocker('k1', 'Siskin', NOW + 60)];
  const read = told(
    { kind: 'roomChanged', summary: locked },
    { kind: 'knocksRead', room: PRESS, view: { ...view, knocks } },
  );
  for (const gone of /** @type {KnocksEvent[]} */ ([
    { kind: 'roomChanged', summary: summary(PRESS) },
    { kind: 'roomRemoved', room: PRESS },
  ])) {
    const late = after(read, gone, { kind: 'knocksRead', room: PRESS, view: { ...view, knocks } });
    assert.deepEqual([late.waiting, late.stale], [{}, []], gone.kind);
  }
});

test('after something was missed every locked room is read again, and what was known stays until then', () => {
  const knocks = [knocker('k1', 'Siskin', NOW + 60)];
  const read = told(
    { kind: 'roomChanged', summary: locked },
    { kind: 'roomChanged', summary: summary(LEGAL, { phase: 'locked' }) },
    { kind: 'knocksAsked', room: PRESS },
    { kind: 'knocksRead', room: PRESS, view: { ...view, knocks } },
  );
  const taken = reduce(read, { kind: 'snapshotTaken', snapshot: { ...world.snapshot, rooms: [locked] } });
  assert.deepEqual([taken.waiting, taken.stale], [{ [PRESS]: ['Siskin'] }, [PRESS]]);
});
