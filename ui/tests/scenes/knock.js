// A locked room from outside: its door, knocking there, and what becomes of that.

import { LEGAL, LOCKED, summary } from '../world.js';
import { change, join } from './hand.js';

/**
 * @import { Connection, Knocking, LockedPreview } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

export const OUTSIDE = 'd00f000000000000';
const NOTE = 'It is Siskin, from the reading group: we spoke on the telephone this morning, and you gave me the link.';

/** @param {Partial<LockedPreview>} [more] */
const locked = (more = {}) => (/** @type {World} */ world) => void (world.lockedDoor = { ...LOCKED, ...more });

/**
 * A room at whose door this person knocks.
 * @param {Partial<Knocking>} [more]
 * @param {Connection} [connection]
 */
export const knocks = (more = {}, connection = { kind: 'online' }) => (/** @type {World} */ world) => {
  const words = ['ember', 'lantern', 'pepper', 'north'];
  /** @type {Knocking} */
  const knock = { words, ownerHere: true, endsAt: world.now + 480, state: 'waiting', ...more };
  const over = knock.state === 'waiting' ? {} : { words: [], endsAt: null, ownerHere: false };
  const outside = { title: '', phase: /** @type {const} */ ('knocking'), members: 0, connection };
  world.snapshot.rooms.unshift(summary(OUTSIDE, { ...outside, knock: { ...knock, ...over } }));
};

/** @param {Hand} hand */
async function standOutside(hand) {
  (await hand.see(`[data-room="${OUTSIDE}"]`)).click();
  return hand.see('[data-test="knocking"]');
}

/** @type {Record<string, Scene>} */
export const knockScenes = {
  'preview-locked': {
    prepare: locked(),
    act: async (hand) => (await join(hand), hand.see('[data-test="knock-form"]')),
  },
  'preview-no-knocks': {
    prepare: locked({ canKnock: false, pinned: false }),
    act: async (hand) => (await join(hand), hand.see('[data-test="no-knocks"]')),
  },
  'preview-knock-long': {
    prepare: locked(),
    act: async (hand) => (
      await join(hand),
      await hand.type('field-knock-note', `${NOTE} ${NOTE}`),
      await hand.click('knock'),
      hand.see('[data-code="knock-note-too-long"]')
    ),
  },
  'knocking-waiting': { prepare: knocks(), act: standOutside },
  'knocking-unsent': {
    prepare: knocks({ endsAt: null, ownerHere: false }, { kind: 'connecting' }),
    act: standOutside,
  },
  'knocking-alone': { prepare: knocks({ ownerHere: false }), act: standOutside },
  'knocking-away': {
    prepare: knocks({ ownerHere: false }, { kind: 'waiting', retryIn: 20, reason: 'unreachable' }),
    act: standOutside,
  },
  'knocking-stopped': {
    prepare: knocks({ ownerHere: false, endsAt: null }, { kind: 'stopped', reason: 'misbehaved' }),
    act: standOutside,
  },
  'knocking-turned-away': { prepare: knocks({ state: 'turnedAway' }), act: standOutside },
  'knocking-over': { prepare: knocks({ state: 'over' }), act: standOutside },
  'dialog-give-up': {
    prepare: knocks(),
    act: async (hand) => (
      await standOutside(hand),
      await hand.click('give-up'),
      hand.see('[data-test="dialog-giveUp"]')
    ),
  },
  'dialog-give-up-over': {
    prepare: knocks(),
    act: async (hand, fake) => {
      await standOutside(hand);
      await hand.click('give-up');
      await hand.see('[data-test="dialog-giveUp"]');
      change(OUTSIDE, { phase: 'locked', knock: null }, fake.world.views[LEGAL])(fake.world);
      fake.emit({ kind: 'roomChanged', summary: /** @type {any} */ (fake.world.snapshot.rooms[0]) });
      return hand.see('[data-test="dialog-giveUp"]:not(:has([data-test="confirm"]))');
    },
  },
};
