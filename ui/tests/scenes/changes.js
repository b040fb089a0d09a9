// What the owner changes in a room later.

import { LEGAL, PRESS, item, person } from '../world.js';
import { change, enter, openDrawer, openInPanel } from './hand.js';

/**
 * @import { RoomView, SystemLine, Waiting } from '../../generated/api.js'
 * @import { World } from '../world.js'
 * @import { Hand, Scene } from './hand.js'
 */

const LONG = 'A room whose title takes all the bytes that a title may have';
const NOTE = 'Names stay in this room. Nothing goes into e-mail, and nobody writes down what was said here. '.repeat(5);
/** As long as a name can be. */
const NICK = 'Ottilie-of-the-north-🏔️🔥🔥';
const away = /** @type {const} */ ({ kind: 'waiting', retryIn: 40, reason: 'unreachable' });

/** @param {Waiting[]} waiting */
const waits = (waiting) => (/** @type {World} */ world) => {
  const view = /** @type {RoomView} */ (world.views[PRESS]);
  const people = view.people.map((one) => (one.member === 'otter' ? person('otter', NICK) : one));
  change(PRESS, { connection: away, title: LONG }, { waiting, people })(world);
};

/** Each in a line of its own. @param {SystemLine[]} lines @param {string} room */
const happened = (lines, room) => (/** @type {World} */ world) => {
  for (const [at, event] of lines.entries()) {
    world.items[room]?.push(item(String(20 + at), world.now - 60 + at, { kind: 'system', event }));
  }
};

/** @type {SystemLine[]} */
const LINES = [
  { event: 'titleChanged', from: '', to: 'Press desk' },
  { event: 'titleChanged', from: 'Press desk', to: LONG },
  { event: 'titleChanged', from: 'وليد', to: '' },
  { event: 'noteChanged', from: '', to: 'Names stay here.\nAnd so does the map.' },
  { event: 'noteChanged', from: 'Names stay here.', to: 'a-word-without-any-place-to-break-it-'.repeat(8) },
  { event: 'noteChanged', from: 'Names stay here.', to: '' },
  { event: 'messageTtlChanged', from: 86400, to: 604800 },
  { event: 'idleTtlChanged', from: 2592000, to: 3600 },
  { event: 'maxMembersChanged', from: 16, to: 64 },
  { event: 'eraseByChanged', to: 'anyMember' },
  { event: 'eraseByChanged', to: 'owner' },
  { event: 'rulesChanged' },
];

/** @param {Hand} hand */
const openChange = async (hand) => (
  await enter(hand),
  await openInPanel(hand, 'change-room'),
  hand.see('[data-test="dialog-changeRoom"]')
);

/** @type {Record<string, Scene>} */
export const changeScenes = {
  'dialog-change': { act: openChange },
  'dialog-change-error': {
    prepare: (world, fake) => {
      change(PRESS, { title: LONG }, { note: NOTE })(world);
      fake.fail('change_room', 'size-too-small');
    },
    act: async (hand) => {
      await openChange(hand);
      await hand.click('size-16');
      await hand.click('confirm');
      return hand.see('dialog [data-code="size-too-small"]');
    },
  },
  'dialog-change-waits': { prepare: waits([{ kind: 'change' }]), act: openChange },
  'owner-waiting': {
    prepare: waits([{ kind: 'lock' }, { kind: 'remove', member: 'otter' }, { kind: 'change' }, { kind: 'unlock' }]),
    act: async (hand) => (
      await enter(hand),
      await openDrawer(hand, 'open-people'),
      (await hand.see('[data-test="change-room"]')).scrollIntoView({ block: 'end' })
    ),
  },
  'room-own-changed': { prepare: happened(LINES, PRESS), act: (hand) => enter(hand) },
  'room-changed': { prepare: happened(LINES.slice(0, 7), LEGAL), act: (hand) => enter(hand, LEGAL) },
};
