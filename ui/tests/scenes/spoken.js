// An invitation that is read aloud, from the one who reads it and from the one who listens.

import { PRESS, spoken } from '../world.js';
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
};
