// Every command of engine and shell, answered from a world in memory.

import { changeRoom } from './fake_change.js';
import { FakeDoor, checkNick, failure } from './fake_door.js';
import { FakeErasure } from './fake_erasure.js';
import { invitation } from './fake_invitation.js';
import { followRoom, moveRoom } from './fake_move.js';
import { makeRoom } from './fake_room.js';
import { card, item, own } from './world.js';

/**
 * @import { HostRoom, HostingState, Item, RoomHandle } from '../generated/api.js'
 * @import { RoomView, Snapshot, SystemLine, Waiting } from '../generated/api.js'
 * @import { AllCommands, ShellEvent } from '../src/shell.js'
 * @import { Reply, Request } from './fake_door.js'
 * @import { World } from './world.js'
 *
 * @typedef {{ [Name in keyof AllCommands]: (request: Request<Name>) => Answer<Name> }} CommandTable
 */

/**
 * @template {keyof AllCommands} Name
 * @typedef {Reply<Name> | Promise<Reply<Name>>} Answer
 */

/** A method for each command, called like it. @implements {CommandTable} */
export class FakeCommands extends FakeDoor {
  #world;
  #emit;
  #erasure;

  /** @param {World} world @param {(event: ShellEvent) => void} emit */
  constructor(world, emit) {
    super(world, emit);
    this.#world = world;
    this.#emit = emit;
    this.#erasure = new FakeErasure(world, emit);
  }

  // The shell

  boot() {
    return this.#world.boot;
  }

  ready() {
    return null;
  }

  asks_to_close() {
    return null;
  }

  /** @param {Request<'copy_invitation'>} request */
  copy_invitation({ room }) {
    this.find(room);
    return null;
  }

  protect_window() {
    return null;
  }

  /** @param {Request<'close_window'>} request */
  close_window({ confirmed }) {
    return { closed: confirmed };
  }

  // The vault

  snapshot() {
    const { snapshot } = this.#world;
    const isOpen = snapshot.vault === 'open' || snapshot.vault === 'openInMemory';
    return isOpen ? snapshot : { ...snapshot, rooms: [], theme: /** @type {const} */ ('system') };
  }

  /** @param {Request<'create_vault'>} request */
  create_vault({ protection, passphrase }) {
    if (protection === 'passphrase' && [...(passphrase ?? '')].length < 8) throw failure('passphrase-too-short');
    return this.#setVault(protection === 'memoryOnly' ? 'openInMemory' : 'open');
  }

  /** @param {Request<'unlock_vault'>} request */
  unlock_vault({ passphrase }) {
    if (passphrase === null) throw failure('keyring-unavailable');
    if (passphrase !== this.#world.passphrase) throw failure('wrong-passphrase');
    return this.#setVault('open');
  }

  set_vault_aside() {
    return this.#setVault('new');
  }

  /** @param {Request<'erase_device'>} _ */
  erase_device(_) {
    this.#world.snapshot.rooms = [];
    this.#setVault('new');
    return { left: [] };
  }

  lock_vault() {
    return this.#setVault('locked');
  }

  /** @param {Request<'set_theme'>} request */
  set_theme({ theme }) {
    this.#world.snapshot.theme = theme;
    return null;
  }

  /** @param {Request<'set_tells_typing'>} request */
  set_tells_typing({ on }) {
    this.#world.snapshot.tellsTyping = on;
    return null;
  }

  // Coming in

  /** @param {Request<'host_room'>} request */
  host_room(request) {
    return this.#make(request, true);
  }

  /** @param {Request<'create_room'>} request */
  create_room(request) {
    return this.#askForPin(request.relay) ?? { kind: /** @type {const} */ ('made'), room: this.#make(request, false) };
  }

  /** @param {Request<'read_invitation'>} request */
  read_invitation({ invitation: text }) {
    if (text === '') throw failure('invitation-mangled');
    return this.#world.reading;
  }

  hosting_reach() {
    return this.#world.reach;
  }

  preview_room() {
    const { preview, lockedDoor } = this.#world;
    return lockedDoor === null
      ? { kind: /** @type {const} */ ('open'), room: preview }
      : { kind: /** @type {const} */ ('locked'), room: lockedDoor };
  }

  /** @param {Request<'join_room'>} request */
  join_room({ nick, passphrase }) {
    const { title, note, rules } = this.#world.preview;
    checkNick(nick);
    if (rules.needsPassphrase && !passphrase) throw failure('passphrase-needed');
    const bare = { ...rules, locked: false };
    const room = this.#make({ title, note, nick, rules: bare, passphrase: null, inMemory: false }, false);
    Object.assign(/** @type {RoomView} */ (this.#world.views[room]), { owner: false, rules });
    this.find(room).phase = 'awaitingConfirmation';
    this.tell(room);
    return room;
  }

  suggest_nick() {
    return 'Heron';
  }

  relocate_room() {
    return this.#world.reading.known ?? '';
  }

  // Inside

  /** @param {Request<'view_room'>} request */
  view_room({ room }) {
    if (this.find(room).ended !== null) throw failure('room-ended');
    const view = this.#world.views[room];
    if (view === undefined) throw failure('room-damaged');
    return view;
  }

  /** @param {Request<'view_invitation'>} request */
  view_invitation({ room }) {
    this.find(room);
    return invitation();
  }

  /** @param {Request<'page_messages'>} request */
  page_messages({ room, before, limit }) {
    if (this.find(room).eraseAsked !== null) return { items: [], earlier: null };
    const all = this.#world.items[room] ?? [];
    const end = before === null ? all.length : Number(before);
    const start = Math.max(0, end - limit);
    return { items: all.slice(start, end), earlier: start === 0 ? null : String(start) };
  }

  /** @param {Request<'send_message'>} request */
  send_message({ room, text, fuse }) {
    const found = this.find(room);
    const { now, views } = this.#world;
    if (found.eraseAsked !== null) throw failure('erasure-asked');
    if (text === '') throw failure('message-empty');
    if (new TextEncoder().encode(text).length > 8192) throw failure('message-too-long');
    const lines = (this.#world.items[room] ??= []);
    const { member = 'me', nick = 'me', hue = 40, shape = 3 } = views[room]?.people.find((one) => one.own) ?? {};
    const state = found.connection.kind === 'online' ? 'stored' : 'waiting';
    const said = {
      ...item(String(lines.length), now, own(text, { sender: member, nick, hue, shape, state })),
      order: String(lines.length).padStart(6, '0'),
      expiresAt: now + (fuse ?? found.messageTtl),
    };
    lines.push(said);
    this.#emit({ kind: 'itemsChanged', room, items: [said] });
    found.lastLine = { nick, own: true, kind: 'text', text, at: now };
    this.tell(room);
    return said.id;
  }

  /** @param {Request<'send_view_once'>} request */
  send_view_once({ room, text, seconds, fuse }) {
    const id = this.send_message({ room, text, fuse });
    const lines = this.#world.items[room] ?? [];
    const said = /** @type {Item} */ (lines.find((line) => line.id === id));
    said.body = { ...card('me', 'Heron', { own: true, seconds }) };
    this.#emit({ kind: 'itemsChanged', room, items: [said] });
    return id;
  }

  /** @param {Request<'open_view_once'>} request */
  open_view_once({ room, id }) {
    const said = this.#world.items[room]?.find((line) => line.id === id);
    if (said?.body.kind !== 'viewOnce' || said.body.card !== 'sealed') throw failure('card-opened');
    const text = this.#world.sealed[id];
    if (text === undefined) throw failure('card-gone');
    said.body = { ...said.body, card: 'opened' };
    this.#emit({ kind: 'itemsChanged', room, items: [{ ...said }] });
    return { text, seconds: said.body.seconds };
  }

  /** @param {Request<'retract_message'>} request */
  retract_message({ room, id }) {
    const said = this.#world.items[room]?.find((line) => line.id === id);
    if (said === undefined || said.body.kind === 'system') throw failure('invalid-request');
    const { sender, nick, hue, shape } = said.body;
    const isMove = said.body.kind === 'moved';
    said.body = { kind: 'retracted', sender, nick, hue, shape, own: true };
    this.#emit({ kind: 'itemsChanged', room, items: [{ ...said }] });
    if (isMove) this.find(room).moved = null;
    return isMove ? this.tell(room) : null;
  }

  /** @param {Request<'withdraw_message'>} request */
  withdraw_message({ room, id }) {
    this.#world.items[room] = (this.#world.items[room] ?? []).filter((line) => line.id !== id);
    this.#emit({ kind: 'itemsRemoved', room, ids: [id] });
    return null;
  }

  /** @param {Request<'mark_read'>} request */
  mark_read({ room }) {
    this.find(room).unread = 0;
    return this.tell(room);
  }

  typing() {
    return null;
  }

  /** @param {Request<'retry_room'>} request */
  retry_room({ room }) {
    const found = this.find(room);
    if (found.knock !== null && found.knock.state !== 'waiting') return this.knockAgain(room);
    found.connection = { kind: 'connecting' };
    return this.tell(room);
  }

  /** @param {Request<'rejoin_room'>} request */
  rejoin_room({ room, branch }) {
    const found = this.find(room);
    if (found.reorganised?.branch !== branch) throw failure('invalid-request');
    found.phase = 'joining';
    return this.tell(room);
  }

  /** @param {Request<'stay_in_room'>} request */
  stay_in_room({ room, branch }) {
    const found = this.find(room);
    if (found.reorganised?.branch !== branch || !found.reorganised.canStay) throw failure('invalid-request');
    found.reorganised = null;
    return this.tell(room);
  }

  /** @param {Request<'leave_room'>} request */
  async leave_room({ room }) {
    const view = this.#world.views[room];
    if (view?.owner && view.rules.ownerLeaveCloses && this.#isAway(room)) {
      this.find(room).phase = 'closing';
      this.tell(room);
      return { told: false, closing: true };
    }
    const told = !this.#isAway(room);
    this.find(room).phase = 'leaving';
    this.tell(room);
    if (!told) await new Promise((resolve) => setTimeout(resolve, 500));
    this.#remove(room);
    return { told, closing: false };
  }

  /** @param {Request<'remove_room'>} request */
  remove_room({ room }) {
    return this.#remove(room);
  }

  // What the owner orders, which waits where the relay is away

  /** @param {Request<'lock_room'>} request */
  lock_room({ room }) {
    return this.#order(room, () => this.#setLock(room, true), { kind: 'lock' });
  }

  /** @param {Request<'unlock_room'>} request */
  unlock_room({ room }) {
    if (this.#world.views[room]?.lockedForGood) throw failure('locked-for-good');
    return this.#order(room, () => this.#setLock(room, false), { kind: 'unlock' });
  }

  /** @param {Request<'remove_member'>} request */
  remove_member({ room, member }) {
    const view = this.#world.views[room];
    const person = view?.people.find((one) => one.member === member && !one.own);
    if (view === undefined || person === undefined) throw failure('invalid-request');
    return this.#order(room, () => {
      view.people = view.people.filter((one) => one !== person);
      view.lockedForGood = true;
      this.#note(room, { event: 'left', nick: person.nick, removed: true });
      this.#setLock(room, true);
    }, { kind: 'remove', member });
  }

  /** @param {Request<'close_room'>} request */
  close_room({ room }) {
    if (this.#isAway(room)) this.find(room).phase = 'closing';
    return this.#isAway(room) ? this.tell(room) : this.#order(room, () => this.#remove(room));
  }

  /** @param {Request<'erase_room'>} request */
  erase_room({ room }) {
    const view = this.#world.views[room];
    if (view?.owner !== true && view?.rules.eraseBy !== 'anyMember') throw failure('not-owner');
    this.#erasure.order(this.find(room));
    return null;
  }

  /** @param {Request<'answer_erasure'>} request */
  answer_erasure({ room, erase }) {
    const found = this.find(room);
    if (found.eraseAsked === null) throw failure('invalid-request');
    if (erase) this.#erasure.end(found, 'erasedByMember');
    else this.#erasure.keep(found, (nick) => this.#note(room, { event: 'eraseKept', nick }));
    return null;
  }

  /** @param {Request<'change_room'>} request */
  change_room(request) {
    const { room } = request;
    const carryOut = () => {
      for (const line of changeRoom(this.#world, this.find(room), request)) this.#note(room, line);
      this.#emit({ kind: 'peopleChanged', room });
      this.tell(room);
    };
    return this.#order(room, carryOut, { kind: 'change' });
  }

  /** @param {Request<'move_room'>} request */
  move_room(request) {
    const { room, relay, passphrase } = request;
    if (this.#world.views[room]?.owner !== true) throw failure('not-owner');
    if (passphrase !== null && [...passphrase].length < 8) throw failure('passphrase-too-short');
    const question = relay === null ? null : this.#askForPin(relay);
    if (question !== null) return question;
    const made = this.nameRoom();
    const line = moveRoom(this.#world, this.find(room), request, made);
    this.#emit({ kind: 'itemsChanged', room, items: [line] });
    this.tell(room);
    this.tell(made);
    return { kind: /** @type {const} */ ('made'), room: made };
  }

  /** @param {Request<'tell_newcomers'>} request */
  tell_newcomers({ room, members }) {
    const found = this.find(room);
    if (found.moved?.own !== true) throw failure('invalid-request');
    const { moved } = found;
    moved.cameSince = moved.cameSince.filter(({ member }) => !members.includes(member));
    this.tell(room);
    return null;
  }

  /** @param {Request<'follow_room'>} request */
  follow_room({ room }) {
    const there = followRoom(this.#world, this.find(room), this.nameRoom());
    this.tell(there);
    return there;
  }

  /** @param {Request<'keep_room'>} request */
  keep_room({ room }) {
    const { views, now } = this.#world;
    if (this.#isAway(room)) return null;
    this.find(room).idleEndsAt = now + (views[room]?.rules.idleTtl ?? 0);
    return this.tell(room);
  }

  // Hosting

  /** @param {Request<'start_hosting'>} request */
  start_hosting({ room }) {
    return this.#setHosting(room, 'running');
  }

  /** @param {Request<'stop_hosting'>} request */
  stop_hosting({ room }) {
    return this.#setHosting(room, 'stopped');
  }

  /** @param {Request<'renew_address'>} request */
  renew_address({ room }) {
    return this.#setHosting(room, 'running');
  }

  /** @param {RoomHandle} room */
  #isAway(room) {
    return this.find(room).connection.kind !== 'online';
  }

  /** @param {RoomHandle} room @param {() => void} carryOut @param {Waiting} [waiting] */
  #order(room, carryOut, waiting) {
    const view = this.#world.views[room];
    if (view?.owner !== true) throw failure('not-owner');
    if (!this.#isAway(room)) carryOut();
    else if (waiting !== undefined) {
      view.waiting.push(waiting);
      this.#emit({ kind: 'peopleChanged', room });
    }
    return null;
  }

  /** @param {RoomHandle} room @param {boolean} locked */
  #setLock(room, locked) {
    this.find(room).phase = locked ? 'locked' : 'open';
    this.#note(room, { event: locked ? 'locked' : 'unlocked' });
    this.#emit({ kind: 'peopleChanged', room });
    this.tell(room);
  }

  /** @param {RoomHandle} room @param {SystemLine} event */
  #note(room, event) {
    const lines = (this.#world.items[room] ??= []);
    const line = item(String(lines.length + 1), this.#world.now, { kind: 'system', event });
    lines.push(line);
    this.#emit({ kind: 'itemsChanged', room, items: [line] });
  }

  /** @param {Snapshot['vault']} vault */
  #setVault(vault) {
    this.#world.snapshot.vault = vault;
    this.#emit({ kind: 'vaultChanged', vault });
    return null;
  }

  /** @param {RoomHandle} room @param {HostingState} state */
  #setHosting(room, state) {
    const found = this.find(room);
    if (found.hosting === null) throw failure('not-hosted');
    found.hosting.state = state;
    return this.tell(room);
  }

  /** @param {RoomHandle} room */
  #remove(room) {
    this.find(room);
    this.#world.snapshot.rooms = this.#world.snapshot.rooms.filter((known) => known.room !== room);
    this.#emit({ kind: 'roomRemoved', room });
    return null;
  }

  /** What is asked before a room is made there, if no authority knows its key. @param {string} relay */
  #askForPin(relay) {
    if (relay === '') throw failure('address-missing');
    const pin = this.#world.unvouched;
    if (pin === null || relay.includes('~k=')) return null;
    return { kind: /** @type {const} */ ('unvouched'), relay: `${relay}~k=${pin.join('')}`, pin };
  }

  /** @param {HostRoom} request @param {boolean} hosted */
  #make(request, hosted) {
    checkNick(request.nick);
    if (new TextEncoder().encode(request.title).length > 64) throw failure('title-too-long');
    const room = this.nameRoom();
    makeRoom(this.#world, room, request, hosted);
    this.tell(room);
    return room;
  }
}
