// What the fake shell knows: a few rooms on an evening in November.

/**
 * @import { Confirmed, Hosting, HostingReach, InvitationPreview, Item, ItemBody, Person } from '../generated/api.js'
 * @import { HeardInvitation, Knock, LockedPreview, Reorganised, SpokenOpen } from '../generated/api.js'
 * @import { RoomHandle, RoomPreview, RoomSummary, RoomView, Rules, Snapshot } from '../generated/api.js'
 * @import { Boot } from '../types/shell.js'
 *
 * @typedef {object} World
 * @property {Boot} boot
 * @property {Snapshot} snapshot
 * @property {Record<RoomHandle, RoomView>} views
 * @property {Record<RoomHandle, Item[]>} items
 * @property {RoomPreview} preview
 * @property {LockedPreview | null} lockedDoor What is seen of it instead, while it is locked.
 * @property {InvitationPreview} reading
 * @property {HeardInvitation | null} heard What a number and three words become; null while nobody answers.
 * @property {boolean} pausesHearing Three tries in a row had wrong words.
 * @property {HostingReach} reach Who could come into a room that this computer served.
 * @property {string} passphrase
 * @property {Record<string, string>} sealed What stands in cards, by their lines.
 * @property {Record<RoomHandle, RoomHandle>} moves Where rooms have moved, of those to which this computer went.
 * @property {string[] | null} unvouched The pin of a relay that nobody vouches for.
 * @property {number} now Unix seconds.
 */

export const PRESS = 'a1b2000000000000';
export const LEGAL = '0c3d000000000000';
export const WALK = '5e7f000000000000';

/** @type {Rules} */
export const RULES = {
  messageTtl: 86400,
  idleTtl: 2592000,
  maxMembers: 64,
  needsPassphrase: false,
  ownerLeaveCloses: true,
  everythingViewOnce: false,
  receipts: 'none',
  presence: true,
  eraseBy: 'owner',
};

/**
 * Otter led the others somewhere else while this computer was away, and Siskin came in there.
 * @type {Reorganised}
 */
export const REORGANISED = {
  branch: '7d1f00a2c95e4b3698aa51c0e4d27f18',
  by: 'Otter',
  own: false,
  people: ['Heron', 'Wren', 'Otter', 'Siskin'],
  canStay: true,
  words: ['cradle', 'pepper', 'useful', 'window', 'tribe', 'saddle', 'velvet', 'noble'],
};

/**
 * @param {string} member
 * @param {string} nick
 * @param {Partial<Person>} [more]
 * @returns {Person}
 */
export function person(member, nick, more = {}) {
  return {
    member,
    nick,
    own: false,
    owner: false,
    presence: 'here',
    heardIn: null,
    ambiguous: false,
    ...signOf(member),
    ...more,
  };
}

/**
 * @param {string} room
 * @param {Partial<RoomSummary>} [more]
 * @returns {RoomSummary}
 */
export function summary(room, more = {}) {
  return {
    room,
    title: 'Press desk',
    phase: 'open',
    connection: { kind: 'online' },
    hosting: null,
    unread: 0,
    members: 4,
    lastLine: null,
    messageTtl: 86400,
    reorganised: null,
    inMemory: false,
    clockAhead: null,
    relayFull: false,
    unopened: null,
    ended: null,
    eraseAsked: null,
    burned: null,
    idleEndsAt: null,
    idleTtl: 86400,
    knock: null,
    moved: null,
    ...more,
  };
}

/**
 * @param {string} id
 * @param {number} at
 * @param {ItemBody} body
 * @returns {Item}
 */
export function item(id, at, body) {
  return { id, order: id.padStart(8, '0'), at, expiresAt: body.kind === 'system' ? null : at + 86400, body };
}

/**
 * @param {string} sender
 * @param {string} nick
 * @param {string} words
 * @param {Partial<Extract<ItemBody, { kind: 'text' }>>} [more]
 * @returns {ItemBody}
 */
export function text(sender, nick, words, more = {}) {
  return {
    kind: 'text',
    sender,
    nick,
    ...signOf(sender),
    own: false,
    text: words,
    state: 'stored',
    claimedAt: null,
    confirmed: NOBODY,
    ...more,
  };
}

/**
 * The owner's line that leads to the new room.
 * @param {string} sender
 * @param {string} nick
 * @param {Partial<Extract<ItemBody, { kind: 'moved' }>>} [more]
 * @returns {ItemBody}
 */
export function movedLine(sender, nick, more = {}) {
  const places = ['relay.example.org'];
  return { kind: 'moved', sender, nick, ...signOf(sender), own: false, places, state: 'stored', ...more };
}

/** @type {Confirmed} */
export const NOBODY = { recipients: 0, delivered: 0, viewed: 0 };

/**
 * A message that can be read once.
 * @param {string} sender
 * @param {string} nick
 * @param {Partial<Extract<ItemBody, { kind: 'viewOnce' }>>} [more]
 * @returns {ItemBody}
 */
export function card(sender, nick, more = {}) {
  return {
    kind: 'viewOnce',
    sender,
    nick,
    ...signOf(sender),
    own: false,
    seconds: 30,
    closesAt: null,
    card: 'sealed',
    state: 'stored',
    confirmed: { recipients: 3, delivered: 0, viewed: 0 },
    ...more,
  };
}

/**
 * Somebody who knocks.
 * @param {string} knock
 * @param {string} nick
 * @param {number} endsAt Unix seconds.
 * @param {Partial<Knock>} [more]
 * @returns {Knock}
 */
export function knocker(knock, nick, endsAt, more = {}) {
  const words = ['ember', 'lantern', 'pepper', 'north'];
  return { knock, nick, note: '', words, endsAt, ambiguous: false, ...signOf(knock), state: 'waiting', ...more };
}

/**
 * An invitation that is read aloud.
 * @param {string} id
 * @param {number} endsAt Unix seconds.
 * @param {Partial<SpokenOpen>} [more]
 * @returns {SpokenOpen}
 */
export function spoken(id, endsAt, more = {}) {
  const words = ['velvet', 'orbit', 'lemon'];
  return { id, number: '4172', words, address: '192.168.1.20:7443', endsAt, state: 'waiting', ...more };
}

/** @type {LockedPreview} */
export const LOCKED = {
  canKnock: true,
  messageTtl: 86400,
  idleTtl: 604800,
  maxMembers: 16,
  address: 'relay.example.org',
  pinned: true,
};

/**
 * The engine derives it from the key behind the handle.
 * @param {string} member
 * @returns {{ hue: number, shape: number }}
 */
export function signOf(member) {
  return SIGNS[member] ?? { hue: 250, shape: 0 };
}

/** @type {Record<string, { hue: number, shape: number }>} */
const SIGNS = {
  me: { hue: 75, shape: 3 },
  wren: { hue: 255, shape: 0 },
  wren2: { hue: 190, shape: 5 },
  otter: { hue: 145, shape: 6 },
  lark: { hue: 20, shape: 7 },
};

/**
 * @param {string} words
 * @param {Partial<Extract<ItemBody, { kind: 'text' }>>} [more]
 */
export const own = (words, more = {}) => text('me', 'Heron', words, { own: true, ...more });

/**
 * A relay of this computer that serves a room.
 * @param {Partial<Hosting>} [more]
 * @returns {Hosting}
 */
export function hosting(more = {}) {
  return { state: 'running', addresses: ADDRESSES, reach: 'network', connected: 0, reason: null, file: null, ...more };
}

const ADDRESSES = ['192.168.1.20:7443', '[fd00::20]:7443'];

/**
 * @param {string} strings Fluent text.
 * @param {number} now Unix seconds.
 * @returns {World}
 */
export function evening(strings, now) {
  const ago = (/** @type {number} */ minutes) => now - minutes * 60;
  const rooms = roomsOf(ago);
  return {
    boot: {
      locale: 'en',
      strings,
      portable: false,
      keyring: true,
      dataFolder: '~/.local/share/conclave',
      trouble: null,
      version: '0.1.0',
      platform: 'linux',
    },
    snapshot: {
      vault: 'open',
      rooms,
      lastAddress: 'relay.example.org',
      theme: 'system',
      tellsTyping: true,
      ways: { passphrase: true, keyring: false },
    },
    views: Object.fromEntries(rooms.map((room) => [room.room, viewOf(room, ago)])),
    items: linesOf(ago),
    preview: {
      title: 'Press desk',
      note: NOTE,
      rules: RULES,
      people: ['Heron', 'Wren', 'Otter'],
      address: '192.168.1.20:7443',
      pinned: true,
    },
    lockedDoor: null,
    reading: { addresses: ['192.168.1.20:7443'], beside: null, needsPassphrase: false, known: null },
    heard: { link: HEARD, address: 'relay.example.org', token: null },
    pausesHearing: false,
    reach: 'network',
    passphrase: 'correct horse',
    unvouched: null,
    moves: {},
    sealed: {},
    now,
  };
}

const HEARD = 'conclave://relay.example.org/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S~k=vN2kq0c1n8Yb3rT5uXw7zA9dF4gH6jKl';

const NOTE = 'Names stay in this room. Nothing goes into e-mail.';

/**
 * @param {(minutes: number) => number} ago
 * @returns {RoomSummary[]}
 */
function roomsOf(ago) {
  return [
    summary(PRESS, {
      hosting: hosting({ connected: 3 }),
      lastLine: { nick: 'Otter', own: false, kind: 'text', text: 'North gate, quarter past eight.', at: ago(3) },
    }),
    summary(LEGAL, {
      title: 'Legal',
      unread: 2,
      members: 3,
      lastLine: { nick: 'Marten', own: false, kind: 'text', text: 'Read clause four again.', at: ago(600) },
    }),
    summary(WALK, {
      title: 'Walk, Saturday',
      members: 6,
      messageTtl: 604800,
      connection: { kind: 'waiting', retryIn: 8, reason: 'unreachable' },
      lastLine: { nick: 'Heron', own: true, kind: 'text', text: 'I bring the map', at: ago(2000) },
    }),
  ];
}

/**
 * @param {RoomSummary} room
 * @param {(minutes: number) => number} ago
 * @returns {RoomView}
 */
function viewOf(room, ago) {
  // Whoever hosts a room made it; the others are Wren's.
  const owner = room.hosting !== null;
  return {
    summary: room,
    note: NOTE,
    people: [
      person('me', 'Heron', { own: true, owner }),
      person('wren', 'Wren', { owner: !owner }),
      person('otter', 'Otter'),
      person('lark', 'Lark', { presence: 'away', heardIn: ago(200) }),
    ],
    rules: { ...RULES, messageTtl: room.messageTtl },
    verification: {
      words: ['amber', 'violin', 'north', 'salt', 'ember', 'gate', 'lantern', 'orbit'],
      sessionCode: '48213 90447 15826 73390 02617 55184',
    },
    owner,
    lockedForGood: false,
    waiting: [],
    unsent: 0,
    readTo: '0',
    heardSince: ago(300),
    knocks: [],
    takesKnocks: true,
    spoken: [],
  };
}

/**
 * @param {(minutes: number) => number} ago
 * @returns {Record<string, Item[]>}
 */
function linesOf(ago) {
  return {
    [PRESS]: [
      item('1', ago(1500), { kind: 'system', event: { event: 'created' } }),
      item('2', ago(1490), { kind: 'system', event: { event: 'joined', nick: 'Wren' } }),
      item('3', ago(1200), text('wren', 'Wren', 'I am in. The line from the library works.')),
      item('4', ago(1198), own('Good. Read me the eight words when you can talk.')),
      item('5', ago(62), { kind: 'system', event: { event: 'joined', nick: 'Lark' } }),
      item('6', ago(60), text('wren', 'Wren', 'The documents are real. I checked the stamps against the 2019 set.')),
      item('7', ago(59), text('wren', 'Wren', 'Paper copies only from here on.')),
      item('8', ago(41), { kind: 'system', event: { event: 'gap', nick: 'Lark', missing: 2 } }),
      item('9', ago(40), own('Then we meet.\nWho can be at the north gate at eight?')),
      item('10', ago(5), text('otter', 'Otter', 'I can.')),
      item('11', ago(3), text('otter', 'Otter', 'North gate, quarter past eight.')),
    ],
    [LEGAL]: [item('1', ago(600), text('wren', 'Marten', 'Read clause four again before you answer.'))],
    [WALK]: [
      item('1', ago(2100), text('otter', 'Otter', 'Saturday, the north gate?')),
      item('2', ago(2000), own('I bring the map')),
      item('3', ago(2), own('And bread.', { state: 'waiting' })),
    ],
  };
}
