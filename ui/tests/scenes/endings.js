// A room that ends, and one that will if nobody writes.

import { LEGAL, item, own, summary } from '../world.js';
import { change, enter } from './hand.js';

/**
 * @import { Ended, RoomView } from '../../generated/api.js'
 * @import { FakeShell } from '../fake_shell.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const LONG = 'A room whose title takes all the bytes that a title may have';

/** What is left of a room. @param {Ended} ended @param {string} [title] */
export const leftOver = (ended, title = 'Legal') => {
  const connection = /** @type {const} */ ({ kind: 'stopped', reason: 'storage' });
  return summary(LEGAL, { title, phase: 'ended', ended, connection, members: 0, messageTtl: 0 });
};

const over = (/** @type {Ended} */ ended, title = 'Legal') => (/** @type {World} */ world) => {
  world.snapshot.rooms[1] = leftOver(ended, title);
};

/** @param {Hand} hand */
const enterEnded = async (hand) => (
  (await hand.see(`[data-room="${LEGAL}"]`)).click(),
  hand.see('[data-test="ended"]')
);

/** @type {Record<string, Scene>} */
export const endingScenes = {
  'room-ended': { prepare: over('closedByOwner'), act: enterEnded },
  'room-ended-erased': { prepare: over('erasedByOwner', ''), act: enterEnded },
  'room-ended-long': { prepare: over('erasedByMember', LONG.replaceAll(' ', '-')), act: enterEnded },
  'room-ended-here': { prepare: over('erasedHere'), act: enterEnded },
  'room-ended-rtl': { prepare: over('idle', 'غرفة القراءة'), act: enterEnded },
  'room-ending': {
    act: async (hand, fake) => {
      await enter(hand, LEGAL);
      await hand.type('composer', 'One more thing');
      endLegal(fake, 'closedByOwner');
      return hand.see('[data-test="ended"]');
    },
  },
  'room-idle': {
    prepare: (world) => {
      change(LEGAL, { idleEndsAt: world.now + 5 * 3600, idleTtl: 604800, title: LONG })(world);
      const { rules } = /** @type {RoomView} */ (world.views[LEGAL]);
      change(LEGAL, {}, { rules: { ...rules, idleTtl: 604800 } })(world);
    },
    act: async (hand) => (await enter(hand, LEGAL), hand.see('[data-state="idle"]')),
  },
  'room-idle-over': {
    prepare: (world) => {
      change(LEGAL, { idleEndsAt: world.now - 60 })(world);
      world.items[LEGAL] = [item('1', world.now - 90000, own('Anyone?'))];
    },
    act: async (hand) => ((await hand.see(`[data-room="${LEGAL}"]`)).click(), hand.see('[data-state="idle"]')),
  },
};

/** The owner of the room ends it. @param {FakeShell} fake @param {Ended} ended */
function endLegal(fake, ended) {
  over(ended)(fake.world);
  fake.emit({ kind: 'roomChanged', summary: leftOver(ended) });
}
