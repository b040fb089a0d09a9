// Every screen in every state that a person can meet, reached the way a person reaches it.

import { WINDOW } from '../src/state/lines.js';
import { LEGAL, PRESS, REORGANISED, WALK, item, own, person, signOf, summary, text } from './world.js';

/**
 * @import { FakeShell, World } from './fake_shell.js'
 * @import { ErrorCode, Reorganised } from '../generated/api.js'
 * @import { FolderTrouble } from '../types/shell.js'
 *
 * @typedef {object} Hand What a person does.
 * @property {(test: string) => Promise<void>} click
 * @property {(test: string, value: string) => Promise<void>} type
 * @property {(selector: string) => Promise<HTMLElement>} see
 * @property {(key: string, modifiers?: KeyboardEventInit) => void} press
 *
 * @typedef {object} Scene
 * @property {(world: World, fake: FakeShell) => void} [prepare]
 * @property {(hand: Hand, fake: FakeShell) => Promise<unknown>} act Ends when the screen is what it should be.
 */

const PIN = ['mF3x', 'Q2vZ', 'k9Tn', '1bYc', '7LwP', 's5Rd', 'Hj0U', 'aGe4', 'XiMo', '8KtN', 'yzA'];
const locked = (/** @type {World} */ world) => void (world.snapshot.vault = 'locked');
const first = (/** @type {World} */ world) => void (world.snapshot.vault = 'new');
const incomplete = (/** @type {World} */ world) => void (world.snapshot.vault = 'incomplete');
const noRooms = (/** @type {World} */ world) => void (world.snapshot.rooms = []);
const enter = async (/** @type {Hand} */ hand, room = PRESS) => {
  await hand.see('[data-screen="home"]');
  (await hand.see(`[data-room="${room}"]`)).click();
  return hand.see('[data-test="item"], [data-test="error"], [data-test="composer-silent"]');
};
const join = async (/** @type {Hand} */ hand) => {
  await hand.click('home-join');
  await hand.type('field-invitation', 'conclave://192.168.1.20:7443/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S');
  await hand.click('join-next');
};
const phase = (/** @type {World['snapshot']['rooms'][number]['phase']} */ value) => (/** @type {World} */ world) => {
  world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', phase: value });
};
/** A room whose file does not open. @param {'damaged' | 'unreadable'} phase @param {ErrorCode} reason */
const unopened = (phase, reason) => (/** @type {World} */ world, /** @type {FakeShell} */ fake) => {
  const file = `/home/heron/.local/share/conclave/rooms/${LEGAL}.db`;
  world.snapshot.rooms[1] = summary(LEGAL, { title: '', phase, members: 0, unopened: { reason, file, madeAt: 1_794_000_000 } });
  fake.fail('view_room', reason);
  fake.fail('page_messages', reason);
};
/** A hosted room that this computer does not serve. @param {ErrorCode} reason @param {string | null} file */
const notServed = (reason, file) => (/** @type {World} */ world) => {
  world.snapshot.rooms[0] = summary(PRESS, { hosting: { state: 'failed', addresses: ['192.168.1.20:7443'], onlyHere: false, connected: 0, reason, file } });
};
const RELAY_FILE = `/home/heron/.local/share/conclave/rooms/${PRESS}.relay.db`;
/** The folder for data cannot be used. @param {FolderTrouble} trouble */
const noFolder = (trouble) => (/** @type {World} */ world, /** @type {FakeShell} */ fake) => {
  world.snapshot.vault = 'new';
  world.boot.trouble = trouble;
  world.boot.dataFolder = '/media/heron/A stick with a long name/conclave/data';
  fake.fail('snapshot', 'storage-failed');
};

const reorganised = (/** @type {Partial<Reorganised>} */ more = {}) => (/** @type {World} */ world) => {
  const press = /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]);
  press.reorganised = { ...REORGANISED, ...more };
};

/** @type {Record<string, Scene>} */
export const scenes = {
  'start-loading': { prepare: (_, fake) => fake.hang('snapshot'), act: (hand) => hand.see('.loading') },
  'start-error': { prepare: (_, fake) => fake.fail('snapshot', 'vault-busy'), act: (hand) => hand.see('[data-code="vault-busy"]') },

  'folder-read-only': { prepare: noFolder('readOnly'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-no-folder': { prepare: noFolder('notAFolder'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-denied': { prepare: noFolder('denied'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-full': { prepare: noFolder('full'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-disk': { prepare: noFolder('disk'), act: (hand) => hand.see('[data-test="folder-trouble"]') },

  'first-normal': { prepare: first, act: (hand) => hand.see('[data-test="first-form"]') },
  'first-memory': { prepare: first, act: (hand) => hand.click('protect-memoryOnly') },
  'first-error': {
    prepare: first,
    act: async (hand) => {
      await hand.type('field-passphrase', 'short');
      await hand.type('field-passphrase-again', 'short');
      await hand.click('create-vault');
      return hand.see('[data-code="passphrase-too-short"]');
    },
  },
  'first-differs': {
    prepare: first,
    act: async (hand) => {
      await hand.type('field-passphrase', 'correct horse');
      await hand.type('field-passphrase-again', 'correct house');
      await hand.click('create-vault');
      return hand.see('[data-code="passphrase-differs"]');
    },
  },
  'incomplete-normal': { prepare: incomplete, act: (hand) => hand.see('[data-test="incomplete"]') },
  'incomplete-error': {
    prepare: (world, fake) => {
      incomplete(world);
      fake.fail('set_vault_aside', 'disk-full');
    },
    act: async (hand) => {
      await hand.click('set-aside');
      return hand.see('[data-code="disk-full"]');
    },
  },
  'unlock-normal': { prepare: locked, act: (hand) => hand.see('[data-test="unlock-form"]') },
  'unlock-portable': {
    prepare: (world) => {
      locked(world);
      world.boot.portable = true;
    },
    act: (hand) => hand.see('[data-test="unlock-form"]'),
  },
  'unlock-keyring': {
    prepare: (world) => {
      locked(world);
      world.snapshot.ways = { passphrase: false, keyring: true };
    },
    act: (hand) => hand.see('[data-test="unlock-keyring"]'),
  },
  'unlock-keyring-silent': {
    prepare: (world) => {
      locked(world);
      world.snapshot.ways = { passphrase: false, keyring: true };
      world.boot.keyring = false;
    },
    act: (hand) => hand.see('[data-test="keyring-silent"]'),
  },
  'unlock-error': {
    prepare: locked,
    act: async (hand) => {
      await hand.type('field-passphrase', 'wrong horse');
      await hand.click('unlock');
      return hand.see('[data-code="wrong-passphrase"]');
    },
  },
  'unlock-busy': {
    prepare: (world, fake) => {
      locked(world);
      fake.hang('unlock_vault');
    },
    act: async (hand) => {
      await hand.type('field-passphrase', 'correct horse');
      await hand.click('unlock');
      return hand.see('[data-test="unlock"] .spinner');
    },
  },

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

  'host-normal': { prepare: noRooms, act: async (hand) => (await hand.click('home-host'), hand.see('[data-test="room-form"]')) },
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
    act: async (hand) => (await hand.click('home-host'), await hand.click('host-room'), hand.see('[data-test="host-room"] .spinner')),
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
  'invite-people': { act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="qr"]')) },
  'invite-error': {
    prepare: (world) => {
      world.snapshot.rooms[0] = summary(PRESS, { hosting: { state: 'portTaken', addresses: ['192.168.1.20:7443'], onlyHere: false, connected: 0, reason: 'port-taken', file: null } });
    },
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="hosting-error"]')),
  },
  'invite-not-served': { prepare: notServed('hosted-file-damaged', RELAY_FILE), act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="hosting-error"]')) },
  'invite-only-here': {
    prepare: (world) => {
      world.snapshot.rooms[0] = summary(PRESS, { hosting: { state: 'running', addresses: ['127.0.0.1:7443'], onlyHere: true, connected: 0, reason: null, file: null } });
    },
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('[data-test="only-here"]')),
  },
  'invite-loading': {
    prepare: (_, fake) => fake.hang('view_invitation'),
    act: async (hand) => (await enter(hand), await hand.click('invite'), hand.see('.loading')),
  },

  'create-normal': { act: async (hand) => (await hand.click('home-create'), hand.see('[data-test="room-form"]')) },
  'create-error': {
    prepare: (_, fake) => fake.fail('create_room', 'relay-unreachable'),
    act: async (hand) => (await hand.click('home-create'), await hand.click('create-room'), hand.see('[data-code="relay-unreachable"]')),
  },
  'create-unvouched': {
    prepare: (world) => void (world.unvouched = PIN),
    act: async (hand) => (await hand.click('home-create'), await hand.click('create-room'), hand.see('[data-test="pin"]')),
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

  'join-normal': { act: async (hand) => (await hand.click('home-join'), hand.see('[data-test="join-form"]')) },
  'join-error': { prepare: (_, fake) => fake.fail('read_invitation', 'code-typo'), act: async (hand) => (await join(hand), hand.see('[data-code="code-typo"]')) },
  'join-busy': { prepare: (_, fake) => fake.hang('preview_room'), act: async (hand) => (await join(hand), hand.see('[data-test="join-next"] .spinner')) },
  'join-known': { prepare: (world) => void (world.reading.known = PRESS), act: async (hand) => (await join(hand), hand.see('[data-test="known"]')) },
  'where-normal': { prepare: (world) => void (world.reading.addresses = []), act: async (hand) => (await join(hand), hand.see('[data-test="where-form"]')) },
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
    act: async (hand) => (await join(hand), await hand.click('enter-room'), hand.see('[data-code="passphrase-needed"]')),
  },

  'room-normal': { act: (hand) => enter(hand) },
  'room-joined': { act: async (hand) => (await join(hand), await hand.click('enter-room'), hand.see('[data-state="phase-awaitingConfirmation"]')) },
  'room-waiting': { act: (hand) => enter(hand, WALK) },
  'room-alone': {
    prepare: (world) => {
      const alone = summary(PRESS, { members: 1, hosting: { state: 'running', addresses: ['192.168.1.20:7443'], onlyHere: false, connected: 0, reason: null, file: null } });
      world.snapshot.rooms[0] = alone;
      world.views[PRESS] = { .../** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]), summary: alone, people: [person('me', 'Heron', { own: true, owner: true })], verification: null };
      world.items[PRESS] = [item('1', world.now - 60, { kind: 'system', event: { event: 'created' } }), item('2', world.now - 30, own('Anyone?', { state: 'awaitingMembers' }))];
    },
    act: (hand) => enter(hand),
  },
  'room-empty': { prepare: (world) => void (world.items[PRESS] = []), act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('[data-test="empty-room"]')) },
  'room-loading': {
    prepare: (_, fake) => (fake.hang('page_messages'), fake.hang('view_room')),
    act: async (hand) => ((await hand.see(`[data-room="${PRESS}"]`)).click(), hand.see('.skeletons')),
  },
  'room-error': { prepare: (_, fake) => fake.fail('page_messages', 'storage-failed'), act: (hand) => enter(hand) },
  'room-lookalike': {
    prepare: (world) => {
      const view = /** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]);
      view.people = [...view.people, person('wren2', 'Wrеn', { ambiguous: true })].map((one) => (one.member === 'wren' ? { ...one, ambiguous: true } : one));
      world.items[PRESS]?.push(item('12', world.now - 60, text('wren2', 'Wrеn', 'Send it to me as well, please.', { claimedAt: world.now - 9000 })));
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
        item('14', world.now - 40, own('A line that the relay refused.', { state: 'failed' })),
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
  'reorganised-normal': { prepare: reorganised(), act: (hand) => enter(hand) },
  'reorganised-waiting': {
    prepare: (world) => {
      reorganised({ by: '', people: ['Heron'] })(world);
      world.items[PRESS]?.push(item('12', world.now - 30, own('Where is everybody?', { state: 'waiting' })));
    },
    act: (hand) => enter(hand),
  },
  'reorganised-many': {
    prepare: (world) => {
      reorganised({ by: 'Ottilie-of-the-very-long-surname', canStay: false, people: Array.from({ length: 64 }, (_, n) => (n === 2 ? 'Ottilie-of-the-very-long-surname' : n === 5 ? 'وليد' : `Member ${n}`)) })(world);
      const press = /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]);
      press.title = 'A room whose title takes all the bytes that a title may have';
      // This computer cannot read on: only the question leads anywhere.
      press.connection = { kind: 'stopped', reason: 'stateDamaged' };
    },
    act: (hand) => enter(hand),
  },
  'reorganised-own': { prepare: reorganised({ by: 'Heron', own: true }), act: (hand) => enter(hand) },
  'reorganised-fold': { prepare: reorganised(), act: async (hand) => (await enter(hand), hand.click('reorganised-fold')) },
  'reorganised-rejoin': { prepare: reorganised(), act: async (hand) => (await enter(hand), await hand.click('rejoin'), hand.see('[data-test="dialog-rejoin"]')) },
  'reorganised-stay': { prepare: reorganised(), act: async (hand) => (await enter(hand), await hand.click('stay'), hand.see('[data-test="dialog-stay"]')) },
  'reorganised-unconfirmed': {
    prepare: (world) => {
      reorganised()(world);
      /** @type {World['snapshot']['rooms'][number]} */ (world.snapshot.rooms[0]).phase = 'awaitingConfirmation';
    },
    act: async (hand) => (await enter(hand), await hand.click('stay'), hand.see('[data-test="dialog-stay"]')),
  },
  'reorganised-error': {
    prepare: (world, fake) => {
      reorganised()(world);
      fake.fail('rejoin_room', 'disk-full');
    },
    act: async (hand) => (await enter(hand), await hand.click('rejoin'), await hand.click('confirm'), hand.see('dialog [data-error]')),
  },
  'reorganised-over': {
    prepare: reorganised(),
    act: async (hand, fake) => {
      await enter(hand);
      await hand.click('rejoin');
      await hand.see('[data-test="dialog-rejoin"]');
      reorganised({ branch: 'another' })(fake.world);
      fake.emit({ kind: 'roomChanged', summary: /** @type {World['snapshot']['rooms'][number]} */ (fake.world.snapshot.rooms[0]) });
      return hand.see('[data-test="rejoin-over"]');
    },
  },
  'room-gone': { prepare: phase('gone'), act: (hand) => enter(hand, LEGAL) },
  'room-damaged': { prepare: unopened('damaged', 'room-damaged'), act: (hand) => enter(hand, LEGAL) },
  'room-unreadable': { prepare: unopened('unreadable', 'disk-full'), act: (hand) => enter(hand, LEGAL) },
  'room-not-served': { prepare: notServed('hosted-file-damaged', RELAY_FILE), act: (hand) => enter(hand) },
  'room-clock': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', clockAhead: -7200 })),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-relay-full': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', relayFull: true })),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-full': {
    prepare: (world) => {
      const view = world.views[LEGAL];
      if (view === undefined) return;
      const gone = (/** @type {number} */ days) => ({ presence: /** @type {const} */ ('away'), heardIn: (view.summary.lastLine?.at ?? 0) - days * 86400 });
      const crowd = Array.from({ length: 12 }, (_, number) => person(`p${number}`, `Guest ${number + 1}`));
      view.people = [...view.people.slice(0, 1), ...crowd, person('wren', 'Wren', gone(0)), person('otter', 'Otter', gone(3)), person('lark', 'Lark', { presence: 'away' })];
      view.heardSince = (view.summary.lastLine?.at ?? 0) - 12 * 86400;
      view.rules = { ...view.rules, maxMembers: 16 };
    },
    act: (hand) => enter(hand, LEGAL),
  },
  'room-certificate': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', connection: { kind: 'waiting', reason: 'certificateOutOfDate', retryIn: 240 } })),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-wrong-pin': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', connection: { kind: 'stopped', reason: 'wrongPin' } })),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-cannot-enter': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: '', phase: 'joining', connection: { kind: 'stopped', reason: 'noSuchRoom' } })),
    act: (hand) => enter(hand, LEGAL),
  },
  'room-entering': {
    prepare: (world) => void (world.snapshot.rooms[1] = summary(LEGAL, { title: 'Legal', phase: 'joining', connection: { kind: 'waiting', reason: 'unreachable', retryIn: 7 } })),
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
      world.items[PRESS] = Array.from({ length: WINDOW * 3 }, (_, n) => item(String(n), world.now - (WINDOW * 3 - n) * 20, n % 3 === 0 ? own(`Line ${n}`) : text('wren', 'Wren', `Line ${n}`)));
    },
    act: async (hand, fake) => {
      await enter(hand);
      const log = await hand.see('[data-scroller]');
      log.scrollTop = 900;
      await hand.see('[data-test="jump-newest"]');
      fake.emit({ kind: 'itemsChanged', room: PRESS, items: [item('99999', fake.world.now, text('otter', 'Otter', 'A new line'))] });
      return hand.see('.pill--new');
    },
  },

  'dialog-leave': { act: async (hand) => (await enter(hand), await open(hand, 'leave'), hand.see('[data-test="dialog-leave"]')) },
  'dialog-remove-error': {
    prepare: (_, fake) => fake.fail('remove_room', 'storage-failed'),
    act: async (hand) => (await enter(hand), await open(hand, 'remove'), await hand.click('confirm'), hand.see('dialog [data-error]')),
  },
  'dialog-forget': {
    prepare: (world) => void (world.snapshot.vault = 'openInMemory'),
    act: async (hand) => (await hand.click('lock-now'), hand.see('[data-test="dialog-forget"]')),
  },
  'dialog-lock': { act: async (hand) => (await hand.click('lock-now'), hand.see('[data-test="dialog-lockHosting"]')) },
  'room-no-view': {
    prepare: (_, fake) => (fake.fail('view_room', 'room-damaged'), fake.fail('page_messages', 'room-damaged')),
    act: (hand) => enter(hand),
  },
  'dialog-verify': { act: async (hand) => (await enter(hand), await open(hand, 'verify'), hand.see('[data-test="verification-words"]')) },
  'dialog-close': { act: async (hand, fake) => (await enter(hand), fake.emit({ kind: 'closeRequested', hostingOthers: 3 }), hand.see('[data-test="dialog-closeHosting"]')) },
  'switcher-normal': { act: async (hand) => (await enter(hand), hand.press('k', { ctrlKey: true }), hand.see('[data-test="switcher-entry"]')) },
  'switcher-empty': {
    act: async (hand) => (await enter(hand), hand.press('k', { ctrlKey: true }), await hand.type('switcher-query', 'zebra'), hand.see('.switcher__none')),
  },
  'settings-normal': { act: async (hand) => (await hand.click('open-settings'), hand.see('[data-test="limits"]')) },
  'people-drawer': { act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')) },
  'sidebar-drawer': { act: async (hand) => (await enter(hand), openDrawer(hand, 'open-sidebar')) },
};

/** The panel may be folded away in a narrow window. @param {Hand} hand @param {string} test */
async function open(hand, test) {
  await openDrawer(hand, 'open-people');
  await hand.click(test);
}

/** @param {Hand} hand @param {string} test */
async function openDrawer(hand, test) {
  const button = await hand.see(`main [data-test="${test}"]`);
  if (button.checkVisibility()) button.click();
  return hand.see('main');
}
