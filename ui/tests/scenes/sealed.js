// Messages that can be read once, that burn sooner, that are confirmed, or that are taken back.

import { PRESS, RULES, card, item, own } from '../world.js';
import { enter } from './hand.js';

/**
 * @import { ItemBody } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const SECRET = 'The spare key lies under the third stone, left of the gate.';

/** Lines behind what was said. @param {ItemBody[]} bodies */
const said = (...bodies) => (/** @type {World} */ world) => {
  const lines = /** @type {any[]} */ (world.items[PRESS]);
  bodies.forEach((body, index) => lines.push(item(String(20 + index), world.now - 60 + index, body)));
  world.sealed['20'] = SECRET;
};

const seen = { recipients: 3, delivered: 3, viewed: 2 };
const SEALED = said(card('wren', 'Wren'));

/** @param {Hand} hand */
async function openCard(hand) {
  await enter(hand);
  await hand.click('card-keep');
  await hand.see('[data-test="card-text"]');
}

/** @type {Record<string, Scene>} */
export const sealedScenes = {
  'sealed-card': { prepare: SEALED, act: async (hand) => (await enter(hand), hand.see('[data-test="card-hold"]')) },
  'sealed-opening': {
    prepare: (world, fake) => (SEALED(world), fake.hang('open_view_once')),
    act: async (hand) => (await enter(hand), hand.click('card-keep')),
  },
  'sealed-open': { prepare: SEALED, act: openCard },
  'sealed-two': {
    prepare: (world) => {
      said(card('wren', 'Wren'), card('otter', 'Otter'))(world);
      world.sealed['21'] = 'Or by the well.';
    },
    act: openCard,
  },
  'sealed-refused': {
    prepare: (world, fake) => (SEALED(world), fake.fail('open_view_once', 'card-altered')),
    act: async (hand) => (await enter(hand), await hand.click('card-keep'), hand.see('[data-test="toast"]')),
  },
  'sealed-over': {
    prepare: said(
      card('wren', 'Wren', { card: 'opened' }),
      card('otter', 'Otter', { card: 'unread' }),
      card('lark', 'Lark', { card: 'gone' }),
    ),
    act: (hand) => enter(hand),
  },
  'sealed-own': {
    prepare: said(
      card('me', 'Heron', { own: true, confirmed: seen }),
      card('me', 'Heron', { own: true, state: 'noSpace' }),
      card('me', 'Heron', { own: true, card: 'opened', confirmed: { ...seen, viewed: 3 } }),
      card('me', 'Heron', { own: true, card: 'unread', confirmed: seen }),
    ),
    act: (hand) => enter(hand),
  },
  'sealed-choice': { act: async (hand) => (await enter(hand), await hand.click('sealing'), hand.click('seal-30')) },
  'sealed-always': {
    prepare: (world) => {
      const view = world.views[PRESS];
      if (view !== undefined) view.rules = { ...RULES, everythingViewOnce: true, receipts: 'seen', presence: false };
    },
    act: async (hand) => (await enter(hand), hand.click('sealing')),
  },
  'message-confirmed': {
    prepare: said(
      own('Has everybody got it?', { confirmed: { recipients: 3, delivered: 2, viewed: 0 } }),
      own('And read it?', { confirmed: seen }),
    ),
    act: (hand) => enter(hand),
  },
  'message-retracted': {
    act: async (hand) => (
      await enter(hand),
      (await hand.see('[data-id="9"] [data-test="retract"]')).click(),
      hand.see('[data-test="retracted"]')
    ),
  },
};
