// A room from inside.

import { WINDOW } from '../../src/state/lines.js';
import { LEGAL, PRESS, WALK, item, own, person, signOf, summary, text } from '../world.js';
import { RELAY_FILE, enter, join, reachable, serveNot } from './hand.js';

/**
 * @import { ErrorCode, RoomSummary } from '../../generated/api.js'
 * @import { FakeShell } from '../fake_shell.js'
 * @import { World } from '../world.js'
 * @import { Scene } from './hand.js'
 */

const legal = (/** @type {Partial<RoomSummary>} */ more) => (/** @type {World} */ world) => {
  world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', ...more });
};
/** A room whose file does not open. @param {'damaged' | 'unreadable'} phase @param {ErrorCode} reason */
const unopened = (phase, reason) => (/** @type {World} */ world, /** @type {FakeShell} */ fake) => {
  const file = `/home/heron/.local/share/conclave/rooms/${LEGAL}.db`;
  legal({ title: '', phase, members: 0, unopened: { reason, file, madeAt: 1_794_000_000 } })(world);
  fake.fail('view_room', reason);
  fake.fail('page_messages', reason);
};

/** @type {Record<string, Scene>} */
export const roomScenes = {
  'room-normal': { act: (hand) => enter(hand) },
  'room-joined': {
    act: async (hand) => (
      await join(hand),
      await hand.click('enter-room'),
      hand.see('[data-state="phase-awaitingConfirmation"]')
    ),
  },
  'room-mistyped': {
    prepare: legal({ phase: 'awaitingConfirmation', connection: { kind: 'stopped', reason: 'passphrase' } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-waiting': { act: (hand) => enter(hand, WALK) },
  'room-alone': {
    prepare: (world) => {
      reachable('network', '192.168.1.20:7443')(world);
      world.items[PRESS] = [
        item('1', world.now - 60, { kind: 'system', event: { event: 'created' } }),
        item('2', world.now - 30, own('Anyone?', { state: 'awaitingMembers' })),
      ];
    },
    act: (hand) => enter(hand),
  },
  'room-here': {
    prepare: (world) => {
      reachable('here', '127.0.0.1:7443')(world);
      world.items[PRESS] = [];
    },
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('[data-test="empty-room"]')),
  },
  'room-empty': {
    prepare: (world) => void (world.items[PRESS] = []),
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('[data-test="empty-room"]')),
  },
  'room-loading': {
    prepare: (_, fake) => (fake.hang('page_messages'), fake.hang('view_room')),
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('.skeletons')),
  },
  'room-error': { prepare: (_, fake) => fake.fail('page_messages', 'storage-failed'), act: (hand) => enter(hand) },
  'room-lookalike': {
    prepare: (world) => {
      const view = /** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]);
      view.people = [...view.people, person('wren2', 'Wrеn', { ambiguous: true })].map((one) =>
        one.member === 'wren' ? { ...one, ambiguous: true } : one,
      );
      const asked = text('wren2', 'Wrеn', 'Send it to me as well, please.', { claimedAt: world.now - 9000 });
      world.items[PRESS]?.push(item('12', world.now - 60, asked));
    },
    act: (hand) => enter(hand),
  },
  'room-left': {
    prepare: (world) => {
      const view = /** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]);
      view.people = view.people.filter((one) => one.member !== 'otter');
      world.items[PRESS]?.push(
        item('12', world.now - 60, { kind: 'system', event: { event: 'renamed', from: 'Lark', to: 'Skylark' } }),
        item('13', world.now - 50, { kind: 'system', event: { event: 'left', nick: 'Otter', removed: false } }),
      );
    },
    act: (hand) => enter(hand),
  },
  'room-states': {
    prepare: (world) => {
      world.items[PRESS]?.push(
        item('12', world.now - 60, { kind: 'unsupported', sender: 'lark', nick: 'Lark', ...signOf('lark') }),
        item('13', world.now - 50, { kind: 'system', event: { event: 'inconsistent', nick: 'Lark' } }),
        item('14', world.now - 40, own('A line that waits for the relay.', { state: 'waiting' })),
        item('15', world.now - 30, own('A-very-long-word-without-any-place-to-break-it-'.repeat(6))),
        item('16', world.now - 20, text('lark', 'Lark', '<img src=x onerror=alert(1)> <b>not markup</b> & "quotes"')),
        item('17', world.now - 10, text('otter', 'Otter', 'مرحبا، هل وصلت الوثائق؟')),
      );
    },
    act: async (hand) => {
      await enter(hand);
      return hand.type('composer', `${'long '.repeat(1700)}end`);
    },
  },
  'room-disturbed': {
    prepare: (world) => {
      world.items[PRESS]?.push(
        item('12', world.now - 60, { kind: 'system', event: { event: 'disturbed' } }),
        item('13', world.now - 50, { kind: 'system', event: { event: 'rejoined', nick: 'Lark' } }),
        item('14', world.now - 40, { kind: 'system', event: { event: 'notPublishedAgain', count: 1 } }),
        item('15', world.now - 30, { kind: 'system', event: { event: 'notPublishedAgain', count: 12 } }),
        item('16', world.now - 20, { kind: 'system', event: { event: 'logTruncated' } }),
        item('17', world.now - 19, { kind: 'system', event: { event: 'clockSet', by: -86400 } }),
        item('18', world.now - 18, { kind: 'system', event: { event: 'clockSet', by: 2592000 } }),
        item('19', world.now - 17, { kind: 'system', event: { event: 'relayRestarted' } }),
        item('20', world.now - 16, { kind: 'system', event: { event: 'oldCopy' } }),
      );
    },
    act: (hand) => enter(hand),
  },
  'room-leaving-away': {
    prepare: legal({ phase: 'leaving', connection: { kind: 'waiting', reason: 'unreachable', retryIn: 7 } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-gone': { prepare: legal({ phase: 'gone' }), act: (hand) => enter(hand, LEGAL) },
  'room-damaged': { prepare: unopened('damaged', 'room-damaged'), act: (hand) => enter(hand, LEGAL) },
  'room-unreadable': { prepare: unopened('unreadable', 'disk-full'), act: (hand) => enter(hand, LEGAL) },
  'room-not-served': { prepare: serveNot('hosted-file-damaged', RELAY_FILE), act: (hand) => enter(hand) },
  'room-clock': {
    prepare: legal({ clockAhead: -7200 }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-relay-full': {
    prepare: legal({ relayFull: true }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-full': {
    prepare: (world) => {
      const view = world.views[LEGAL];
      if (view === undefined) return;
      const gone = (/** @type {number} */ days) => ({
        presence: /** @type {const} */ ('away'),
        heardIn: (view.summary.lastLine?.at ?? 0) - days * 86400,
      });
      const crowd = Array.from({ length: 12 }, (_, number) => person(`p${number}`, `Guest ${number + 1}`));
      view.people = [
        ...view.people.slice(0, 1),
        ...crowd,
        person('wren', 'Wren', gone(0)),
        person('otter', 'Otter', gone(3)),
        person('lark', 'Lark', { presence: 'away' }),
      ];
      view.heardSince = (view.summary.lastLine?.at ?? 0) - 12 * 86400;
      view.rules = { ...view.rules, maxMembers: 16 };
    },
    act: (hand) => enter(hand, LEGAL),
  },
  'room-presence-off': {
    prepare: (world) => {
      const view = world.views[LEGAL];
      if (view === undefined) return;
      view.rules = { ...view.rules, presence: false };
      view.people = view.people.map((one) => (one.own ? one : { ...one, presence: 'unknown', heardIn: null }));
    },
    act: (hand) => enter(hand, LEGAL),
  },
  'room-certificate': {
    prepare: legal({ connection: { kind: 'waiting', reason: 'certificateOutOfDate', retryIn: 240 } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-wrong-pin': {
    prepare: legal({ connection: { kind: 'stopped', reason: 'wrongPin' } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-cannot-enter': {
    prepare: (world) => {
      const connection = /** @type {const} */ ({ kind: 'stopped', reason: 'noSuchRoom' });
      legal({ title: '', phase: 'joining', members: 0, lastLine: null, connection })(world);
      Object.assign(/** @type {object} */ (world.views[LEGAL]), { people: [], verification: null });
      world.items[LEGAL] = [];
    },
    act: (hand) => enter(hand, LEGAL),
  },
  'room-onion': {
    prepare: legal({ title: '', phase: 'joining', connection: { kind: 'stopped', reason: 'onionOnly' } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-joining': {
    prepare: (world) => {
      legal({ phase: 'joining', members: 0, connection: { kind: 'connecting' } })(world);
      Object.assign(/** @type {object} */ (world.views[LEGAL]), { people: [], verification: null });
      world.items[LEGAL] = [];
    },
    act: async (hand) => (await enter(hand, LEGAL), hand.see('[data-test="empty-room"]')),
  },
  'room-entering': {
    prepare: legal({ phase: 'joining', connection: { kind: 'waiting', reason: 'unreachable', retryIn: 7 } }),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-title-rtl': {
    prepare: (world) => {
      world.snapshot.rooms[0] = summary(PRESS, { title: 'غرفة القراءة and whoever else wants to come' });
    },
    act: (hand) => enter(hand),
  },
  'room-large': {
    prepare: (world) => {
      const said = (/** @type {number} */ n) => (n % 3 === 0 ? own(`Line ${n}`) : text('wren', 'Wren', `Line ${n}`));
      world.items[PRESS] = Array.from({ length: WINDOW * 3 }, (_, n) =>
        item(String(n), world.now - (WINDOW * 3 - n) * 20, said(n)),
      );
    },
    act: async (hand, fake) => {
      await enter(hand);
      const log = await hand.see('[data-scroller]');
      log.scrollTop = 900;
      await hand.see('[data-test="jump-newest"]');
      const line = item('99999', fake.world.now, text('otter', 'Otter', 'A new line'));
      fake.emit({ kind: 'itemsChanged', room: PRESS, items: [line] });
      return hand.see('.pill--new');
    },
  },
  'room-no-view': {
    prepare: (_, fake) => (fake.fail('view_room', 'room-damaged'), fake.fail('page_messages', 'room-damaged')),
    act: (hand) => enter(hand),
  },
};
