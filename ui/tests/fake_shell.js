// An engine and a shell in memory, for tests and for looking at the UI in any browser. Never shipped.

/**
 * @import { AllCommands, Shell, ShellEvent } from '../src/shell.js'
 * @import { CommandError, ErrorCode, InvitationPreview, InvitationView, Item, RoomHandle, RoomPreview, RoomView, Snapshot } from '../generated/api.js'
 * @import { Boot } from '../types/shell.js'
 *
 * @typedef {{ [Name in keyof AllCommands]: (request: AllCommands[Name]['request']) => AllCommands[Name]['reply'] }} CommandTable
 *
 * @typedef {object} World
 * @property {Boot} boot
 * @property {Snapshot} snapshot
 * @property {Record<RoomHandle, RoomView>} views
 * @property {Record<RoomHandle, Item[]>} items
 * @property {RoomPreview} preview
 * @property {InvitationPreview} reading
 * @property {string} passphrase
 * @property {string[] | null} unvouched The pin of a relay that nobody vouches for.
 * @property {number} now Unix seconds.
 */

/** A shell whose commands can be made to fail or to hang, and that tells what it is told to tell. */
export class FakeShell {
  /** @type {((event: ShellEvent) => void)[]} */
  #listeners = [];
  /** @type {Map<keyof AllCommands, ErrorCode>} */
  #failing = new Map();
  /** @type {Set<keyof AllCommands>} */
  #hanging = new Set();
  /** Every call, in order. @type {{ name: keyof AllCommands, request: unknown }[]} */
  calls = [];

  /** @param {World} world */
  constructor(world) {
    this.world = world;
    this.commands = commandTable(world, (event) => this.emit(event));
  }

  /** @param {keyof AllCommands} name @param {ErrorCode} code */
  fail(name, code) {
    this.#failing.set(name, code);
  }

  /** @param {keyof AllCommands} name */
  succeed(name) {
    this.#failing.delete(name);
  }

  /** @param {keyof AllCommands} name */
  hang(name) {
    this.#hanging.add(name);
  }

  /** @param {ShellEvent} event */
  emit(event) {
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns {Shell} */
  shell() {
    return {
      call: async (name, ...request) => {
        this.calls.push({ name, request: request[0] ?? null });
        if (this.#hanging.has(name)) return new Promise(() => {});
        const code = this.#failing.get(name);
        if (code !== undefined) throw failure(code);
        const command = /** @type {(request: unknown) => any} */ (this.commands[name]);
        return structuredClone(command(request[0] ?? null));
      },
      subscribe: async (listener) => void this.#listeners.push((event) => listener(structuredClone(event))),
    };
  }
}

/**
 * @param {World} world
 * @param {(event: ShellEvent) => void} emit
 * @returns {CommandTable}
 */
function commandTable(world, emit) {
  let made = 0;

  const summaryOf = (/** @type {RoomHandle} */ room) => {
    const summary = world.snapshot.rooms.find((known) => known.room === room);
    if (summary === undefined) throw failure('unknown-room');
    return summary;
  };
  const open = (/** @type {Snapshot['vault']} */ vault) => {
    world.snapshot.vault = vault;
    emit({ kind: 'vaultChanged', vault });
    return null;
  };
  const changed = (/** @type {RoomHandle} */ room) => {
    emit({ kind: 'roomChanged', summary: summaryOf(room) });
    return null;
  };
  const removed = (/** @type {RoomHandle} */ room) => {
    summaryOf(room);
    world.snapshot.rooms = world.snapshot.rooms.filter((known) => known.room !== room);
    emit({ kind: 'roomRemoved', room });
    return null;
  };
  const checkNick = (/** @type {string} */ nick) => {
    if (nick === '' || new TextEncoder().encode(nick).length > 32) throw failure('nick-invalid');
  };

  /** @param {{ title: string, note: string, nick: string, messageTtl: number, maxMembers: number, inMemory: boolean }} request @param {boolean} hosted */
  const make = ({ title, note, nick, messageTtl, maxMembers, inMemory }, hosted) => {
    checkNick(nick);
    if (new TextEncoder().encode(title).length > 64) throw failure('title-too-long');
    made += 1;
    const room = `f${made}`.padEnd(16, '0');
    const summary = {
      room, title, phase: /** @type {const} */ ('open'), connection: /** @type {const} */ ({ kind: 'online' }),
      hosting: hosted ? { state: /** @type {const} */ ('running'), addresses: ['192.168.1.20:7443', '[fd00::20]:7443'], onlyHere: false, connected: 0, reason: null, file: null } : null,
      unread: 0, members: 1, lastLine: null, messageTtl, reorganised: null, inMemory, clockAhead: null, relayFull: false, unopened: null,
    };
    world.snapshot.rooms = [summary, ...world.snapshot.rooms];
    world.views[room] = {
      summary, note, people: [{ member: `m${made}`, nick, own: true, owner: true, presence: 'here', heardIn: null, ambiguous: false, hue: 40, shape: 3 }],
      rules: { messageTtl, idleTtl: 2592000, maxMembers, needsPassphrase: false },
      verification: null, owner: true, unsent: 0, readTo: '0', heardSince: world.now,
    };
    world.items[room] = [{ id: '0', order: '0', at: world.now, expiresAt: null, body: { kind: 'system', event: { event: 'created' } } }];
    changed(room);
    return room;
  };

  return {
    boot: () => world.boot,
    ready: () => null,
    copy_invitation: ({ room }) => (summaryOf(room), null),
    close_window: ({ confirmed }) => ({ closed: confirmed, hostingOthers: 0 }),
    snapshot: () => (world.snapshot.vault === 'open' || world.snapshot.vault === 'openInMemory' ? world.snapshot : { ...world.snapshot, rooms: [] }),
    create_vault: ({ protection, passphrase }) => {
      if (protection === 'passphrase' && [...(passphrase ?? '')].length < 8) throw failure('passphrase-too-short');
      return open(protection === 'memoryOnly' ? 'openInMemory' : 'open');
    },
    unlock_vault: ({ passphrase }) => {
      if (passphrase === null) throw failure('keyring-unavailable');
      if (passphrase !== world.passphrase) throw failure('wrong-passphrase');
      return open('open');
    },
    set_vault_aside: () => open('new'),
    lock_vault: () => open('locked'),
    host_room: (request) => make(request, true),
    create_room: (request) => {
      if (request.relay === '') throw failure('address-missing');
      const pin = world.unvouched;
      if (pin !== null && !request.relay.includes('~k=')) return { kind: /** @type {const} */ ('unvouched'), relay: `${request.relay}~k=${pin.join('')}`, pin };
      return { kind: /** @type {const} */ ('made'), room: make(request, false) };
    },
    read_invitation: ({ invitation }) => {
      if (invitation === '') throw failure('invitation-mangled');
      return world.reading;
    },
    preview_room: () => world.preview,
    join_room: ({ nick, passphrase }) => {
      checkNick(nick);
      if (world.preview.rules.needsPassphrase && !passphrase) throw failure('passphrase-needed');
      const room = make({ title: world.preview.title, note: world.preview.note, nick, messageTtl: world.preview.rules.messageTtl, maxMembers: world.preview.rules.maxMembers, inMemory: false }, false);
      summaryOf(room).phase = 'awaitingConfirmation';
      changed(room);
      return room;
    },
    suggest_nick: () => 'Heron',
    view_room: ({ room }) => {
      summaryOf(room);
      const view = world.views[room];
      if (view === undefined) throw failure('room-damaged');
      return view;
    },
    view_invitation: ({ room }) => (summaryOf(room), invitation()),
    page_messages: ({ room, before, limit }) => {
      summaryOf(room);
      const all = world.items[room] ?? [];
      const end = before === null ? all.length : Number(before);
      const start = Math.max(0, end - limit);
      return { items: all.slice(start, end), earlier: start === 0 ? null : String(start) };
    },
    send_message: ({ room, text }) => {
      const summary = summaryOf(room);
      if (text === '') throw failure('message-empty');
      if (new TextEncoder().encode(text).length > 8192) throw failure('message-too-long');
      const all = (world.items[room] ??= []);
      const own = world.views[room]?.people.find((person) => person.own);
      const state = summary.connection.kind === 'online' ? /** @type {const} */ ('stored') : /** @type {const} */ ('waiting');
      /** @type {Item} */
      const item = {
        id: String(all.length), order: String(all.length).padStart(6, '0'), at: world.now, expiresAt: world.now + summary.messageTtl,
        body: { kind: 'text', sender: own?.member ?? 'me', nick: own?.nick ?? 'me', hue: own?.hue ?? 40, shape: own?.shape ?? 3, own: true, text, state, claimedAt: null },
      };
      all.push(item);
      emit({ kind: 'itemsChanged', room, items: [item] });
      summary.lastLine = { nick: own?.nick ?? null, own: true, text, at: item.at };
      changed(room);
      return item.id;
    },
    withdraw_message: ({ room, id }) => {
      world.items[room] = (world.items[room] ?? []).filter((item) => item.id !== id);
      emit({ kind: 'itemsRemoved', room, ids: [id] });
      return null;
    },
    mark_read: ({ room }) => {
      summaryOf(room).unread = 0;
      return changed(room);
    },
    relocate_room: () => world.reading.known ?? '',
    retry_room: ({ room }) => {
      summaryOf(room).connection = { kind: 'connecting' };
      return changed(room);
    },
    rejoin_room: ({ room, branch }) => {
      const summary = summaryOf(room);
      if (summary.reorganised?.branch !== branch) throw failure('invalid-request');
      summary.phase = 'joining';
      return changed(room);
    },
    stay_in_room: ({ room, branch }) => {
      const summary = summaryOf(room);
      if (summary.reorganised?.branch !== branch || !summary.reorganised.canStay) throw failure('invalid-request');
      summary.reorganised = null;
      return changed(room);
    },
    start_hosting: ({ room }) => setHosting(room, 'running'),
    stop_hosting: ({ room }) => setHosting(room, 'stopped'),
    renew_address: ({ room }) => setHosting(room, 'running'),
    leave_room: ({ room }) => {
      removed(room);
      return { told: true };
    },
    remove_room: ({ room }) => removed(room),
  };

  /** @param {RoomHandle} room @param {'running' | 'stopped'} state */
  function setHosting(room, state) {
    const { hosting } = summaryOf(room);
    if (hosting === null) throw failure('not-hosted');
    hosting.state = state;
    return changed(room);
  }
}

/**
 * @param {ErrorCode} code
 * @returns {CommandError & Error}
 */
export function failure(code) {
  return Object.assign(new Error(code), { code, slip: null });
}

/** @returns {InvitationView} */
function invitation() {
  const size = 33;
  return {
    link: 'conclave://192.168.1.20:7443/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S~k=vN2kq0c1n8Yb3rT5uXw7zA9dF4gH6jKlMnPqRsTuVwY~a=[fd00::20]:7443',
    code: '3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S',
    words: ['velvet', 'amber', 'window', 'cradle', 'noble', 'orbit', 'lantern', 'pepper', 'saddle', 'tribe', 'useful', 'violin', 'north'],
    address: '192.168.1.20:7443',
    qrSize: size,
    qrModules: qrPattern(size),
  };
}

/**
 * Not a code that a camera reads, but one that looks like it: three finders and noise.
 * @param {number} size
 */
function qrPattern(size) {
  const finder = (/** @type {number} */ x, /** @type {number} */ y) => {
    const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
    return ring === 3 || ring <= 1;
  };
  let seed = 7;
  let modules = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      const left = x < 8;
      const right = x >= size - 8;
      const top = y < 8;
      const bottom = y >= size - 8;
      let dark = seed % 97 < 46;
      if (left && top) dark = x < 7 && y < 7 && finder(x, y);
      else if (right && top) dark = x > size - 8 && y < 7 && finder(x - size + 7, y);
      else if (left && bottom) dark = x < 7 && y > size - 8 && finder(x, y - size + 7);
      modules += dark ? '1' : '0';
    }
  }
  return modules;
}
