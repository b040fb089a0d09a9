// Erasing a room for everybody: the button, the question that others see, and who confirms.

import { LEGAL, PRESS, item, person, summary } from '../world.js';
import { listReceipts } from '../fake_erasure.js';
import { change, enter, openDrawer, openInPanel } from './hand.js';

/**
 * @import { BurnReceipt, RoomView } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const LONG = 'A room whose title takes all the bytes that a title may have';
/** As long as a name can be. */
const NICK = 'Ottilie-of-the-north-🏔️🔥🔥';
const away = /** @type {const} */ ({ kind: 'waiting', retryIn: 40, reason: 'unreachable' });

/** A room of somebody else that any member can erase. @param {World} world */
function anyMember(world) {
  const { rules } = /** @type {RoomView} */ (world.views[LEGAL]);
  change(LEGAL, {}, { rules: { ...rules, eraseBy: 'anyMember' } })(world);
}

/** Somebody asks whether to erase it. @param {string} by @param {string} member */
export const ask = (by, member) => (/** @type {World} */ world) => {
  anyMember(world);
  change(LEGAL, { eraseAsked: { by, member }, lastLine: null, unread: 0 })(world);
};

/** What this person has erased. @param {(one: BurnReceipt, at: number) => boolean} isConfirmed */
const burned = (isConfirmed, listening = true, title = 'Legal') => (/** @type {World} */ world) => {
  const people = listReceipts(world, LEGAL).map((one, at) => ({ ...one, confirmed: isConfirmed(one, at) }));
  const connection = /** @type {const} */ ({ kind: 'stopped', reason: 'storage' });
  const ended = /** @type {const} */ ({ phase: 'ended', ended: 'erasedByMember' });
  world.snapshot.rooms[1] =
    summary(LEGAL, { title, connection, ...ended, members: 0, messageTtl: 0, burned: { people, listening } });
};

/** @param {World} world @param {number} count */
function fill(world, count) {
  const view = /** @type {RoomView} */ (world.views[LEGAL]);
  const crowd = Array.from({ length: count }, (_, at) => person(`p${at}`, at % 9 === 0 ? NICK : `Guest ${at + 1}`));
  view.people = [...view.people.slice(0, 1), ...crowd];
}

/** @param {Hand} hand */
const openEnded = async (hand) => (
  (await hand.see(`[data-room="${LEGAL}"]`)).click(),
  hand.see('[data-test="burned"]')
);

/** @param {Hand} hand */
const openAsked = async (hand) => (
  (await hand.see(`[data-room="${LEGAL}"]`)).click(),
  hand.see('[data-test="erase-asked"]')
);

/** @type {Record<string, Scene>} */
export const erasingScenes = {
  'erase-room-armed': {
    act: async (hand) => (
      await enter(hand),
      await openInPanel(hand, 'erase-room-press'),
      hand.see('[data-test="erase-room"][data-step="armed"]')
    ),
  },
  'erase-room-member': {
    prepare: (world) => (anyMember(world), change(LEGAL, { connection: away })(world)),
    act: async (hand) => (
      await enter(hand, LEGAL),
      await openDrawer(hand, 'open-people'),
      (await hand.see('[data-test="erase-room-press"]')).scrollIntoView({ block: 'end' })
    ),
  },
  'room-erasing': {
    prepare: change(LEGAL, { phase: 'erasing', connection: away, lastLine: null, unread: 0 }, { owner: true }),
    act: async (hand) => (
      (await hand.see(`[data-room="${LEGAL}"]`)).click(),
      hand.see('[data-test="room-erasing"]')
    ),
  },
  'room-asked': { prepare: ask('Otter', 'otter'), act: openAsked },
  'room-long-asked': {
    prepare: (world) => {
      ask(NICK, 'gone')(world);
      change(LEGAL, { title: LONG, connection: away })(world);
    },
    act: openAsked,
  },
  'room-lookalike-asked': {
    prepare: (world) => {
      ask('Wrеn', 'wren2')(world);
      const view = /** @type {RoomView} */ (world.views[LEGAL]);
      view.people = [...view.people, person('wren2', 'Wrеn', { ambiguous: true })];
    },
    act: openAsked,
  },
  'room-burned': { prepare: burned((_, at) => at === 0), act: openEnded },
  'room-silent-burned': { prepare: burned((_, at) => at < 2, false, LONG), act: openEnded },
  'room-many-burned': {
    prepare: (world) => (fill(world, 255), burned((_, at) => at % 3 !== 0)(world)),
    act: openEnded,
  },
  'room-alone-burned': { prepare: (world) => (fill(world, 0), burned(() => false)(world)), act: openEnded },
  'room-erase-lines': {
    prepare: (world) => {
      world.items[PRESS]?.push(
        item('12', world.now - 60, { kind: 'system', event: { event: 'eraseRefused', nick: NICK } }),
        item('13', world.now - 50, { kind: 'system', event: { event: 'eraseKept', nick: 'Lark' } }),
      );
    },
    act: (hand) => enter(hand),
  },
};
