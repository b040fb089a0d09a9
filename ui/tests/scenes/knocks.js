// A locked room from inside: who knocks, and what its owner does about it.

import { PRESS, hosting, knocker, person } from '../world.js';
import { change, enter, openDrawer } from './hand.js';

/**
 * @import { Knock } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const NOTE = 'It is Siskin, from the reading group: we spoke on the telephone this morning, and you gave me the link.';

/** @param {World} world @returns {Knock[]} */
const everyKind = ({ now }) => [
  knocker('k1', 'Siskin', now + 412, { note: NOTE, hue: 20, shape: 7 }),
  knocker('k2', 'Ottilie-of-the-very-long-🪶🪶', now + 35, {
    ambiguous: true,
    words: ['cradle', 'saddle', 'orbit', 'velvet'],
    note: 'نحن هنا',
    hue: 190,
    shape: 5,
  }),
  knocker('k3', 'Marten', now + 580, { state: 'admitting', hue: 310, shape: 2 }),
  knocker('k4', 'Dunnock', now + 590, { state: 'admitted', hue: 145, shape: 6 }),
];

/** @param {World} world @returns {Knock[]} */
const one = ({ now }) => [knocker('k1', 'Siskin', now + 412, { note: NOTE, hue: 20, shape: 7 })];

/**
 * @param {(world: World) => Knock[]} who
 * @param {object} [inside]
 */
const knocks = (who, inside = {}) => (/** @type {World} */ world) =>
  change(PRESS, { phase: 'locked' }, { knocks: who(world), ...inside })(world);

const full = {
  people: Array.from({ length: 16 }, (_, at) => person(`p${at}`, `Bird ${at}`, { own: at === 0, owner: at === 0 })),
};

/** @param {Hand} hand */
async function ask(hand) {
  await enter(hand);
  await openDrawer(hand, 'open-people');
  await hand.click('let-in');
  return hand.see('[data-test="dialog-letIn"]');
}

/** @type {Record<string, Scene>} */
export const knocksScenes = {
  'owner-knocks': {
    prepare: knocks(everyKind),
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'owner-knock-unreached': {
    prepare: (world) => {
      const connection = /** @type {const} */ ({ kind: 'waiting', reason: 'unreachable', retryIn: 7 });
      knocks(() => one(world).map((knock) => ({ ...knock, state: 'unreached' })))(world);
      change(PRESS, { connection })(world);
    },
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'owner-knock-one': { prepare: knocks(one), act: (hand) => enter(hand) },
  'owner-knocks-many': {
    prepare: knocks(({ now }) =>
      Array.from({ length: 20 }, (_, at) =>
        knocker(`k${at}`, `Stranger ${at}`, now + 30 * (at + 1), { shape: at % 8 }),
      ),
    ),
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'owner-knocks-full': {
    prepare: (world) => {
      knocks(one, full)(world);
      const view = /** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]);
      view.rules = { ...view.rules, maxMembers: 16 };
    },
    act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')),
  },
  'home-knocks': {
    prepare: knocks(everyKind),
    act: async (hand) => hand.see('[data-test="knocks-count"]'),
  },
  'dialog-let-in': { prepare: knocks(one), act: ask },
  'dialog-let-in-over': {
    prepare: knocks(one),
    act: async (hand, fake) => {
      await ask(hand);
      change(PRESS, {}, { knocks: [] })(fake.world);
      fake.emit({ kind: 'peopleChanged', room: PRESS });
      return hand.see('[data-test="dialog-letIn"]:not(:has([data-test="confirm"]))');
    },
  },
  'dialog-let-in-error': {
    prepare: (world, fake) => {
      knocks(one)(world);
      fake.fail('answer_knock', 'room-full');
    },
    act: async (hand) => (await ask(hand), await hand.click('confirm'), hand.see('dialog [data-error]')),
  },
  'create-locked': {
    act: async (hand) => {
      await hand.click('home-create');
      await hand.click('new-locked');
      (await hand.see('[data-test="new-locked"]:checked')).scrollIntoView({ block: 'center' });
    },
  },
  'invite-fresh-locked': {
    act: async (hand) => {
      await hand.click('home-host');
      await hand.click('new-locked');
      await hand.click('host-room');
      return hand.see('[data-test="invite-locked"]');
    },
  },
  'alone-takes-none': {
    prepare: (world) => {
      const people = [person('me', 'Heron', { own: true, owner: true })];
      const inside = { people, verification: null, takesKnocks: false };
      change(PRESS, { phase: 'locked', members: 1, hosting: hosting() }, inside)(world);
      world.items[PRESS] = [];
    },
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('[data-test="empty-room"]')),
  },
};
