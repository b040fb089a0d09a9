// Joining: the invitation, where it leads, and what one is about to enter.

import { PRESS } from '../world.js';
import { join } from './hand.js';

/** @import { Scene } from './hand.js' */

/** @type {Record<string, Scene>} */
export const joinScenes = {
  'join-normal': { act: async (hand) => (await hand.click('home-join'), hand.see('[data-test="join-form"]')) },
  'join-error': {
    prepare: (_, fake) => fake.fail('read_invitation', 'code-typo'),
    act: async (hand) => (await join(hand), hand.see('[data-code="code-typo"]')),
  },
  'join-onion': {
    prepare: (_, fake) => fake.fail('preview_room', 'onion-only'),
    act: async (hand) => (await join(hand), hand.see('[data-code="onion-only"]')),
  },
  'join-busy': {
    prepare: (_, fake) => fake.hang('preview_room'),
    act: async (hand) => (await join(hand), hand.see('[data-test="join-next"] .spinner')),
  },
  'join-known': {
    prepare: (world) => void (world.reading.known = PRESS),
    act: async (hand) => (await join(hand), hand.see('[data-test="known"]')),
  },
  'where-normal': {
    prepare: (world) => void (world.reading.addresses = []),
    act: async (hand) => (await join(hand), hand.see('[data-test="where-form"]')),
  },
  'where-beside': {
    prepare: (world) => void Object.assign(world.reading, { addresses: [], beside: '192.168.1.20:7443' }),
    act: async (hand) => (await join(hand), hand.see('[data-test="where-form"]')),
  },
  'where-error': {
    prepare: (world, fake) => {
      world.reading.addresses = [];
      fake.fail('preview_room', 'no-such-room');
    },
    act: async (hand) => (await join(hand), await hand.click('where-next'), hand.see('[data-code="no-such-room"]')),
  },
  'preview-normal': { act: async (hand) => (await join(hand), hand.see('[data-test="preview"]')) },
  'preview-empty': {
    prepare: (world) => void (world.preview = { ...world.preview, title: '', note: '', people: [], pinned: false }),
    act: async (hand) => (await join(hand), hand.see('[data-test="preview"]')),
  },
  'preview-error': {
    prepare: (world) => void (world.preview.rules = { ...world.preview.rules, needsPassphrase: true }),
    act: async (hand) => (
      await join(hand),
      await hand.click('enter-room'),
      hand.see('[data-code="passphrase-needed"]')
    ),
  },
};
