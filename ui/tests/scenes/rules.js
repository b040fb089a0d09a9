// The rules of a room, where they are chosen and where they are read.

import { enter, openDrawer } from './hand.js';

/** @import { Hand, Scene } from './hand.js' */

/** @param {Hand} hand */
async function unfoldRules(hand) {
  for (const group of ['messages', 'room', 'people']) {
    (await hand.see(`[data-test="rules-${group}"] > summary`)).click();
  }
  const last = await hand.see('[data-test="rules-people"][open]');
  last.scrollIntoView({ block: 'end' });
  return last;
}

/** @type {Record<string, Scene>} */
export const ruleScenes = {
  'host-rules': { act: async (hand) => (await hand.click('home-host'), unfoldRules(hand)) },
  'create-rules': {
    act: async (hand) => {
      await hand.click('home-create');
      await unfoldRules(hand);
      for (const choice of ['lifetime-2592000', 'idle-3600', 'leave-closes', 'size-256']) await hand.click(choice);
      (await hand.see('[data-test="rules-room"]')).scrollIntoView({ block: 'center' });
      return hand.see('[data-test="leave-closes"]:not(:checked)');
    },
  },
  'people-rules': {
    act: async (hand) => (
      await enter(hand),
      await openDrawer(hand, 'open-people'),
      (await hand.see('[data-test="rules-fold"]')).click(),
      (await hand.see('details[open] [data-test="rules"]')).scrollIntoView({ block: 'end' })
    ),
  },
};
