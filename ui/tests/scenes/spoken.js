// An invitation that is read aloud, from the one who reads it and from the one who listens.

import { LOCKED, PRESS, spoken } from '../world.js';
import { change, enter } from './hand.js';

/**
 * @import { SpokenOpen } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

/** @param {(world: World) => SpokenOpen[]} which */
const open = (which) => (/** @type {World} */ world) => change(PRESS, {}, { spoken: which(world) })(world);

/** @param {Hand} hand */
async function invite(hand) {
  await enter(hand);
  await hand.click('invite');
  await hand.see('[data-test="spoken"]');
  (await hand.see('[data-test="spoken"]')).scrollIntoView({ block: 'center' });
}

/** @param {Hand} hand */
async function listen(hand) {
  await hand.type('invitation', '4172 velvet orbit lemon');
  await hand.click('join');
  return hand.see('[data-test="hearing-form"]');
}

/** @param {Hand} hand */
async function hear(hand) {
  await listen(hand);
  await hand.click('hear');
}

/** @type {Record<string, Scene>} */
export const spokenScenes = {
  'invite-spoken': {
    act: async (hand) => (await invite(hand), await hand.click('speak'), hand.see('[data-test="spoken-entry"]')),
  },
  'invite-spoken-busy': {
    prepare: (_, fake) => fake.hang('speak_invitation'),
    act: async (hand) => (await invite(hand), await hand.click('speak'), hand.see('[data-test="speak"] .spinner')),
  },
  'invite-spoken-error': {
    prepare: (_, fake) => fake.fail('speak_invitation', 'spoken-unsupported'),
    act: async (hand) => (
      await invite(hand),
      await hand.click('speak'),
      hand.see('[data-test="spoken"] [data-code="spoken-unsupported"]')
    ),
  },
  'invite-spoken-states': {
    prepare: open(({ now }) => [
      spoken('s1', now, { number: '9035', words: [], state: 'wrongWords' }),
      spoken('s2', now + 30, { number: '615028', state: 'inUse', words: ['understand', 'performance', 'strawberry'] }),
      spoken('s3', now, { number: '2204', words: [], state: 'handedOver' }),
      spoken('s4', now, { number: '7719', words: [], state: 'crowded' }),
      spoken('s5', now, { number: '3068', words: [], state: 'ended' }),
    ]),
    act: invite,
  },
  'invite-spoken-most': {
    prepare: open(({ now }) => [
      spoken('s1', now, { number: '9035', words: [], state: 'wrongWords' }),
      spoken('s2', now, { number: '6150', words: [], state: 'wrongWords' }),
      spoken('s3', now + 500),
    ]),
    act: invite,
  },
  'hearing-spoken': {
    act: async (hand) => (
      await hand.click('home-join'),
      await hand.click('to-spoken'),
      hand.see('[data-test="hearing-form"]')
    ),
  },
  'hearing-typed': { act: listen },
  'hearing-busy': {
    prepare: (world) => void (world.heard = null),
    act: async (hand) => (await hear(hand), hand.see('[data-test="cancel-hearing"]')),
  },
  'hearing-word': {
    prepare: (_, fake) => fake.fail('hear_invitation', 'word-unknown'),
    act: async (hand) => (await hear(hand), hand.see('[data-code="word-unknown"]')),
  },
  'hearing-wrong': {
    prepare: (_, fake) => fake.fail('hear_invitation', 'spoken-wrong-words'),
    act: async (hand) => (await hear(hand), hand.see('[data-code="spoken-wrong-words"]')),
  },
  'hearing-paused-spoken': {
    prepare: (world) => void (world.pausesHearing = true),
    act: async (hand) => (await hear(hand), hand.see('[data-test="hearing-again"]')),
  },
  'heard-preview': { act: async (hand) => (await hear(hand), hand.see('[data-test="preview"]')) },
  'heard-locked': {
    prepare: (world) => void (world.lockedDoor = LOCKED),
    act: async (hand) => (await hear(hand), hand.see('[data-test="knock-form"]')),
  },
  'heard-known': {
    prepare: (world) => void (world.reading.known = PRESS),
    act: async (hand) => (await hear(hand), hand.see('[data-test="known"]')),
  },
  'heard-error-spoken': {
    prepare: (_, fake) => fake.fail('preview_room', 'relay-unreachable'),
    act: async (hand) => (await hear(hand), hand.see('[data-code="relay-unreachable"]')),
  },
};
