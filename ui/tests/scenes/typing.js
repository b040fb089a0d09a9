// Somebody writes.

import { PRESS } from '../world.js';
import { enter } from './hand.js';

/**
 * @import { RoomView } from '../../generated/api.js'
 * @import { FakeShell } from '../fake_shell.js'
 * @import { Scene } from './hand.js'
 */

/** As long as a name can be. */
const NICK = 'Ottilie-of-the-north-🏔️🔥🔥';

/** @param {FakeShell} fake @param {string[]} members */
const type = (fake, members) => fake.emit({ kind: 'typingChanged', room: PRESS, members });

/** @type {Record<string, Scene>} */
export const typingScenes = {
  'room-typing': {
    act: async (hand, fake) => (
      await enter(hand),
      await hand.see('[data-test="member"]'),
      type(fake, ['otter']),
      hand.see('[data-test="typing"]:not(:empty)')
    ),
  },
  'room-two-typing': {
    prepare: (world) => {
      const view = /** @type {RoomView} */ (world.views[PRESS]);
      view.people = view.people.map((one) => (one.own ? one : { ...one, nick: NICK }));
    },
    act: async (hand, fake) => (
      await enter(hand),
      await hand.see('[data-test="member"]'),
      type(fake, ['otter', 'wren']),
      hand.see('[data-test="typing"]:not(:empty)')
    ),
  },
};
