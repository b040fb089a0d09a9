// What the owner of a room can do about it, and what the others see of that.

import { LEGAL, PRESS, hosting, item, person } from '../world.js';
import { change, enter, openDrawer, openInPanel } from './hand.js';

/**
 * @import { RoomSummary, RoomView } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Scene } from './hand.js'
 */

const LONG = 'A room whose title takes all the bytes that a title may have';

/**
 * A room that this person made on a relay elsewhere.
 * @param {Partial<RoomSummary>} outside
 * @param {boolean} [closes] It ends when its owner leaves.
 */
const owned = (outside, closes = true) => (/** @type {World} */ world) => {
  const { rules, people } = /** @type {RoomView} */ (world.views[LEGAL]);
  const hers = people.map((one) => ({ ...one, owner: one.own }));
  change(LEGAL, outside, { owner: true, people: hers, rules: { ...rules, ownerLeaveCloses: closes } })(world);
};

const away = /** @type {const} */ ({ kind: 'waiting', retryIn: 40, reason: 'unreachable' });

/** @type {Record<string, Scene>} */
export const ownerScenes = {
  'owner-normal': { act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')) },
  'owner-locked': {
    prepare: change(PRESS, { phase: 'locked' }),
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'owner-for-good': {
    prepare: (world) => {
      const people = [
        person('me', 'Heron', { own: true, owner: true }),
        person('wren', 'Ottilie-of-the-very-long-surname', { ambiguous: true }),
        person('wren2', 'وليد', { presence: 'away', heardIn: world.now - 9000 }),
      ];
      change(PRESS, { phase: 'locked', title: LONG }, { lockedForGood: true, people })(world);
      world.items[PRESS]?.push(
        item('12', world.now - 60, { kind: 'system', event: { event: 'unlocked' } }),
        item('13', world.now - 50, { kind: 'system', event: { event: 'left', nick: 'Lark', removed: true } }),
        item('14', world.now - 50, { kind: 'system', event: { event: 'locked' } }),
      );
    },
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'member-locked': {
    prepare: change(LEGAL, { phase: 'locked' }, { lockedForGood: true }),
    act: async (hand) => (await enter(hand, LEGAL), openDrawer(hand, 'open-people')),
  },
  'alone-locked': {
    prepare: (world) => {
      const people = [person('me', 'Heron', { own: true, owner: true })];
      change(PRESS, { phase: 'locked', members: 1, hosting: hosting() }, { people, verification: null })(world);
      world.items[PRESS] = [];
    },
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('[data-test="empty-room"]')),
  },
  'invite-locked': {
    prepare: change(PRESS, { phase: 'locked' }),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="unlock-room"]')),
  },
  'invite-for-good': {
    prepare: change(LEGAL, { phase: 'locked' }, { lockedForGood: true }),
    act: async (hand) => (await enter(hand, LEGAL), await hand.click('invite'), hand.see('[data-test="qr"]')),
  },
  'dialog-remove-member': {
    act: async (hand) => (
      await enter(hand),
      await openInPanel(hand, 'remove-member'),
      hand.see('[data-test="dialog-removeMember"]')
    ),
  },
  'dialog-remove-over': {
    act: async (hand, fake) => {
      await enter(hand);
      await openInPanel(hand, 'remove-member');
      const view = /** @type {RoomView} */ (fake.world.views[PRESS]);
      view.people = view.people.filter((one) => one.nick !== 'Wren');
      fake.emit({ kind: 'peopleChanged', room: PRESS });
      return hand.see('[data-test="dialog-removeMember"]:not(:has([data-test="confirm"]))');
    },
  },
  'dialog-close-room': {
    act: async (hand) => (
      await enter(hand),
      await openInPanel(hand, 'close-room'),
      hand.see('[data-test="dialog-closeRoom"]')
    ),
  },
  'dialog-close-room-error': {
    prepare: (world, fake) => {
      owned({ title: LONG, connection: away })(world);
      fake.fail('close_room', 'not-owner');
    },
    act: async (hand) => (
      await enter(hand, LEGAL),
      await openInPanel(hand, 'close-room'),
      await hand.click('confirm'),
      hand.see('dialog [data-error]')
    ),
  },
  'dialog-leave-owner': {
    prepare: owned({}, false),
    act: async (hand) => (await enter(hand, LEGAL), await openInPanel(hand, 'leave'), hand.see('dialog')),
  },
  'dialog-leave-unknown': {
    prepare: (_, fake) => fake.hang('view_room'),
    act: async (hand) => (await enter(hand, LEGAL), await openInPanel(hand, 'leave'), hand.see('dialog')),
  },
  'room-closing': {
    prepare: owned({ phase: 'closing', connection: away }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-closing-draft': {
    prepare: owned({ connection: { kind: 'stopped', reason: 'wrongPin' }, title: LONG }),
    act: async (hand) => {
      await enter(hand, LEGAL);
      await hand.type('composer', 'One more thing');
      await openInPanel(hand, 'close-room');
      await hand.click('confirm');
      await hand.see('[data-state="phase-closing"]');
      return hand.see('[data-test="remove-only"]');
    },
  },
  'dialog-remove-only': {
    prepare: owned({ phase: 'closing', connection: away }),
    act: async (hand) => (await enter(hand, LEGAL), await hand.click('remove-only'), hand.see('dialog')),
  },
};
