// A room that moves: its owner's question, and what everybody sees of it.

import { LEGAL, PRESS, item, movedLine, own, person } from '../world.js';
import { change, enter, openDrawer, openInPanel } from './hand.js';

/**
 * @import { Moved } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const LONG = 'A room whose title takes all the bytes that a title may have';
const LONG_NICK = 'Ottilie-of-the-very-long-name🦊';
const LONG_PLACE = 'vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion:7443';
/** Who came in since it was to move. */
const CAME = [LONG_NICK, 'Otter', 'Siskin', 'Egret', 'Dunlin', 'Avocet'].map((nick, at) => {
  return { member: `m${at}`, nick };
});
/** As many as an invitation names. */
const MANY_PLACES = [LONG_PLACE, ...Array.from({ length: 7 }, (_, at) => `192.168.178.${at + 20}:7443`)];
const PIN = ['b3Kq', 'v81x', 'Lm0a', 'Zt7R', '-wQe', '4nUc', 'Yp2d', 'Hs9f', 'J6k_', 'T5gB', 'oX8'];

const away = /** @type {const} */ ({ kind: 'waiting', retryIn: 40, reason: 'unreachable' });

/**
 * The owner of a room has moved it.
 * @param {string} room
 * @param {Partial<Moved>} [more]
 * @param {{ title?: string, members?: number, connection?: typeof away }} [outside]
 */
const moved = (room, more = {}, outside = {}) => (/** @type {World} */ world) => {
  const own = room === PRESS;
  const by = own ? 'Heron' : 'Wren';
  const is = { by, own, places: ['relay.example.org'], endsAt: world.now + 70000, cameSince: [], ...more };
  change(room, { phase: 'locked', moved: is, ...outside })(world);
  const state = is.endsAt === null ? 'waiting' : 'stored';
  const body = movedLine(own ? 'me' : 'wren', is.by, { own, places: is.places, state });
  world.items[room]?.push(item('90', world.now - 60, body));
};

/** @param {Hand} hand */
const openMove = async (hand) => (
  await enter(hand),
  await openInPanel(hand, 'move-room'),
  hand.see('[data-test="dialog-moveRoom"]')
);

/** @param {string} room */
const enterMoved = (room) => async (/** @type {Hand} */ hand) => (
  await enter(hand, room),
  hand.see('[data-test="moved"]')
);

/** @type {Record<string, Scene>} */
export const movingScenes = {
  'move-here': { act: openMove },
  'move-relay': { act: async (hand) => (await openMove(hand), hand.click('move-where-relay')) },
  'move-long': {
    prepare: change(PRESS, { title: LONG, connection: away }),
    act: openMove,
  },
  'move-error': {
    act: async (hand) => {
      await openMove(hand);
      await hand.click('move-where-relay');
      await hand.click('confirm');
      return hand.see('dialog [data-code="address-missing"]');
    },
  },
  'move-passphrase-error': {
    act: async (hand) => {
      await openMove(hand);
      await hand.type('field-passphrase', 'short');
      await hand.click('confirm');
      return hand.see('dialog [data-code="passphrase-too-short"]');
    },
  },
  'move-busy': {
    prepare: (_, fake) => fake.hang('move_room'),
    act: async (hand) => (await openMove(hand), await hand.click('confirm'), hand.see('dialog .spinner')),
  },
  'move-unvouched': {
    prepare: (world) => void (world.unvouched = PIN),
    act: async (hand) => {
      await openMove(hand);
      await hand.click('move-where-relay');
      await hand.type('field-address', 'relay.example.org');
      await hand.type('field-passphrase', 'correct horse');
      await hand.click('confirm');
      return hand.see('[data-test="pin"]');
    },
  },
  'moved-done': {
    act: async (hand) => (await openMove(hand), await hand.click('confirm'), hand.see('[data-test="toast"]')),
  },
  'moved-owner': { prepare: moved(PRESS), act: enterMoved(PRESS) },
  'moved-owner-waits': { prepare: moved(PRESS, { endsAt: null }, { connection: away }), act: enterMoved(PRESS) },
  'moved-owner-long': {
    prepare: moved(PRESS, { places: MANY_PLACES }, { title: LONG, members: 256 }),
    act: enterMoved(PRESS),
  },
  'moved-owner-came': { prepare: moved(PRESS, { endsAt: null, cameSince: CAME }), act: enterMoved(PRESS) },
  'moved-tell': {
    prepare: moved(PRESS, { endsAt: null, cameSince: CAME }, { title: LONG }),
    act: async (hand) => (await enterMoved(PRESS)(hand), await hand.click('tell-newcomers'), hand.see('dialog')),
  },
  'moved-take-back': {
    prepare: moved(PRESS),
    act: async (hand) => (await enterMoved(PRESS)(hand), await hand.click('take-move-back'), hand.see('dialog')),
  },
  'moved-toast': {
    prepare: (world, fake) => {
      moved(PRESS, { endsAt: null }, { connection: away })(world);
      fake.fail('follow_room', 'room-full');
    },
    act: async (hand) => (
      await enterMoved(PRESS)(hand),
      await hand.click('follow-room'),
      hand.see('[data-test="toast"]')
    ),
  },
  'moved-end': {
    prepare: moved(PRESS, { places: MANY_PLACES }, { title: LONG }),
    act: async (hand) => (await enterMoved(PRESS)(hand), await hand.click('end-moved'), hand.see('dialog')),
  },
  'moved-invite': {
    act: async (hand, fake) => {
      await enter(hand);
      await hand.click('invite');
      await hand.see('[data-test="qr"]');
      const summary = /** @type {any} */ (structuredClone(fake.world.snapshot.rooms[0]));
      const is = { by: 'Heron', own: true, places: [LONG_PLACE], endsAt: null };
      fake.emit({ kind: 'roomChanged', summary: { ...summary, moved: is } });
      return hand.see('[data-test="invite-moved"]');
    },
  },
  'moved-member': { prepare: moved(LEGAL), act: enterMoved(LEGAL) },
  'moved-follow': {
    prepare: (world) => {
      moved(LEGAL, { places: MANY_PLACES }, { connection: away })(world);
      world.items[LEGAL]?.push(item('95', world.now - 20, own('Wait for me.', { state: 'waiting' })));
    },
    act: async (hand) => {
      await enterMoved(LEGAL)(hand);
      await hand.type('composer', 'And bring the');
      await hand.click('follow-room');
      return hand.see('[data-test="dialog-followRoom"]');
    },
  },
  'moved-member-long': {
    prepare: (world) => {
      moved(LEGAL, { by: LONG_NICK, places: MANY_PLACES }, { title: LONG, connection: away })(world);
      const people = [person('me', 'Heron', { own: true }), person('wren', LONG_NICK, { owner: true })];
      change(LEGAL, {}, { people })(world);
    },
    act: enterMoved(LEGAL),
  },
  'moved-rtl': {
    prepare: moved(LEGAL, { by: 'وليد' }, { title: 'غرفة القراءة' }),
    act: enterMoved(LEGAL),
  },
  'moved-refused': {
    prepare: (world) => {
      const event = /** @type {const} */ ({ event: 'moveRefused', nick: 'Otter' });
      world.items[LEGAL]?.push(item('91', world.now - 60, { kind: 'system', event }));
    },
    act: (hand) => enter(hand, LEGAL),
  },
  'move-invite-for-good': {
    prepare: change(PRESS, { phase: 'locked' }, { lockedForGood: true }),
    act: async (hand) => (
      await enter(hand),
      await hand.click('invite'),
      hand.see('[data-test="invite-locked"] [data-test="move-from-door"]')
    ),
  },
  'moved-for-good': {
    prepare: change(PRESS, { phase: 'locked' }, { lockedForGood: true }),
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
};
