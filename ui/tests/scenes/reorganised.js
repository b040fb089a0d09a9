// The question whether to follow the others.

import { PRESS, REORGANISED, item, own } from '../world.js';
import { enter } from './hand.js';

/**
 * @import { Reorganised } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Scene } from './hand.js'
 */

const reorganised = (/** @type {Partial<Reorganised>} */ more = {}) => (/** @type {World} */ world) => {
  const press = /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]);
  press.reorganised = { ...REORGANISED, ...more };
};

/** @type {Record<string, Scene>} */
export const reorganisedScenes = {
  'reorganised-normal': { prepare: reorganised(), act: (hand) => enter(hand) },
  'reorganised-waiting': {
    prepare: (world) => {
      reorganised({ by: '', people: ['Heron'] })(world);
      world.items[PRESS]?.push(item('12', world.now - 30, own('Where is everybody?', { state: 'waiting' })));
    },
    act: (hand) => enter(hand),
  },
  'reorganised-many': {
    prepare: (world) => {
      reorganised({
        by: 'Ottilie-of-the-very-long-surname',
        canStay: false,
        people: Array.from({ length: 64 }, (_, n) =>
          n === 2 ? 'Ottilie-of-the-very-long-surname' : n === 5 ? 'وليد' : `Member ${n}`,
        ),
      })(world);
      const press = /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]);
      press.title = 'A room whose title takes all the bytes that a title may have';
      // This computer cannot read on: only the question leads anywhere.
      press.connection = { kind: 'stopped', reason: 'stateDamaged' };
    },
    act: (hand) => enter(hand),
  },
  'reorganised-own': { prepare: reorganised({ by: 'Heron', own: true }), act: (hand) => enter(hand) },
  'reorganised-fold': {
    prepare: reorganised(),
    act: async (hand) => (await enter(hand), hand.click('reorganised-fold')),
  },
  'reorganised-rejoin': {
    prepare: reorganised(),
    act: async (hand) => (await enter(hand), await hand.click('rejoin'), hand.see('[data-test="dialog-rejoin"]')),
  },
  'reorganised-stay': {
    prepare: reorganised(),
    act: async (hand) => (await enter(hand), await hand.click('stay'), hand.see('[data-test="dialog-stay"]')),
  },
  'reorganised-unconfirmed': {
    prepare: (world) => {
      reorganised()(world);
      /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]).phase = 'awaitingConfirmation';
    },
    act: async (hand) => (await enter(hand), await hand.click('stay'), hand.see('[data-test="dialog-stay"]')),
  },
  'reorganised-error': {
    prepare: (world, fake) => {
      reorganised()(world);
      fake.fail('rejoin_room', 'disk-full');
    },
    act: async (hand) => (
      await enter(hand),
      await hand.click('rejoin'),
      await hand.click('confirm'),
      hand.see('dialog [data-error]')
    ),
  },
  'reorganised-over': {
    prepare: reorganised(),
    act: async (hand, fake) => {
      await enter(hand);
      await hand.click('rejoin');
      await hand.see('[data-test="dialog-rejoin"]');
      reorganised({ branch: 'another' })(fake.world);
      fake.emit({
        kind: 'roomChanged',
        summary: /** @type {World['snapshot']['rooms'][number]} */ (fake.world.snapshot.rooms[0]),
      });
      return hand.see('[data-test="rejoin-over"]');
    },
  },
};
