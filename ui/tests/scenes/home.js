// Home, a new room, and its invitation.

import { PRESS, hosting, summary } from '../world.js';
import { RELAY_FILE, enter, reachable, serveNot } from './hand.js';

/**
 * @import { Hosting } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Scene } from './hand.js'
 */

const PIN = ['mF3x', 'Q2vZ', 'k9Tn', '1bYc', '7LwP', 's5Rd', 'Hj0U', 'aGe4', 'XiMo', '8KtN', 'yzA'];
const served = (/** @type {Partial<Hosting>} */ more) => (/** @type {World} */ world) => {
  world.snapshot.rooms[0] = summary(PRESS, { hosting: hosting(more) });
};
const noRooms = (/** @type {World} */ world) => void (world.snapshot.rooms = []);

/** @type {Record<string, Scene>} */
export const homeScenes = {
  'home-empty': { prepare: noRooms, act: (hand) => hand.see('[data-screen="home"]') },
  'home-several-lines': {
    act: (hand) => hand.type('invitation', '> conclave://192.168.1.20:7443/#3Q9TX-7KMFA-\n> 2RWDE-H8ZPC-NV4YJ-6BG5S'),
  },
  'home-normal': { act: (hand) => hand.see('[data-test="room"]') },
  'home-memory': {
    prepare: (world) => {
      noRooms(world);
      world.snapshot.vault = 'openInMemory';
    },
    act: (hand) => hand.see('[data-screen="home"]'),
  },
  'home-error': {
    prepare: (_, fake) => fake.fail('suggest_nick', 'internal'),
    act: async (hand) => {
      await hand.click('home-host');
      return hand.see('[data-test="toast"]');
    },
  },
  'host-normal': {
    prepare: noRooms,
    act: async (hand) => (await hand.click('home-host'), hand.see('[data-test="room-form"]')),
  },
  'host-here': {
    prepare: reachable('here', '127.0.0.1:7443'),
    act: async (hand) => (await hand.click('home-host'), hand.see('[data-state="here"]')),
  },
  'host-error': {
    prepare: (_, fake) => fake.fail('host_room', 'hosting-failed'),
    act: async (hand) => {
      await hand.click('home-host');
      await hand.type('field-title', 'Press desk');
      await hand.click('host-room');
      return hand.see('[data-code="hosting-failed"]');
    },
  },
  'host-field-error': {
    act: async (hand) => {
      await hand.click('home-host');
      await hand.type('field-nick', 'A name that is much longer than thirty-two bytes');
      await hand.click('host-room');
      return hand.see('[data-code="nick-invalid"]');
    },
  },
  'host-busy': {
    prepare: (_, fake) => fake.hang('host_room'),
    act: async (hand) => (
      await hand.click('home-host'),
      await hand.click('host-room'),
      hand.see('[data-test="host-room"] .spinner')
    ),
  },
  'invite-normal': {
    prepare: noRooms,
    act: async (hand) => {
      await hand.click('home-host');
      await hand.type('field-title', 'Press desk');
      await hand.click('host-room');
      await hand.see('[data-test="qr"]');
      await hand.click('copy-link');
      return hand.see('[data-test="toast"]');
    },
  },
  'invite-people': {
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="qr"]')),
  },
  'invite-error': {
    prepare: served({ state: 'portTaken', addresses: ['192.168.1.20:7443'], reason: 'port-taken' }),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="hosting-error"]')),
  },
  'invite-not-served': {
    prepare: serveNot('hosted-file-damaged', RELAY_FILE),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="hosting-error"]')),
  },
  'invite-here': {
    prepare: reachable('here', '127.0.0.1:7443'),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-state="here"]')),
  },
  'invite-anywhere': {
    prepare: reachable('anywhere', '203.0.114.7:7443'),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-state="anywhere"]')),
  },
  'invite-loading': {
    prepare: (_, fake) => fake.hang('view_invitation'),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('.loading')),
  },
  'create-normal': { act: async (hand) => (await hand.click('home-create'), hand.see('[data-test="room-form"]')) },
  'create-error': {
    prepare: (_, fake) => fake.fail('create_room', 'relay-unreachable'),
    act: async (hand) => (
      await hand.click('home-create'),
      await hand.click('create-room'),
      hand.see('[data-code="relay-unreachable"]')
    ),
  },
  'create-unvouched': {
    prepare: (world) => void (world.unvouched = PIN),
    act: async (hand) => (
      await hand.click('home-create'),
      await hand.click('create-room'),
      hand.see('[data-test="pin"]')
    ),
  },
  'create-unvouched-error': {
    prepare: (world) => void (world.unvouched = PIN),
    act: async (hand, fake) => {
      await hand.click('home-create');
      await hand.click('create-room');
      await hand.see('[data-test="pin"]');
      fake.fail('create_room', 'wrong-pin');
      await hand.click('confirm');
      await hand.see('[data-code="wrong-pin"]');
    },
  },
};
