// The door of a room in memory: who knocks there, and invitations that are read aloud.

import { spoken, summary } from './world.js';

/**
 * @import { CommandError, ErrorCode, RoomHandle } from '../generated/api.js'
 * @import { AllCommands, ShellEvent } from '../src/shell.js'
 * @import { World } from './world.js'
 */

/**
 * @template {keyof AllCommands} Name
 * @typedef {AllCommands[Name]['request']} Request
 */

/**
 * @template {keyof AllCommands} Name
 * @typedef {AllCommands[Name]['reply']} Reply
 */

const KNOCK_WORDS = ['ember', 'lantern', 'pepper', 'north'];

export class FakeDoor {
  #made = 0;
  /** Ends the hearing that is under way. */
  #endHearing = () => {};
  #world;
  #emit;

  /** @param {World} world @param {(event: ShellEvent) => void} emit */
  constructor(world, emit) {
    this.#world = world;
    this.#emit = emit;
  }

  /** @param {RoomHandle} room */
  find(room) {
    const found = this.#world.snapshot.rooms.find((known) => known.room === room);
    if (found === undefined) throw failure('unknown-room');
    return found;
  }

  /** Tells how the room is now. @param {RoomHandle} room */
  tell(room) {
    this.#emit({ kind: 'roomChanged', summary: this.find(room) });
    return null;
  }

  /** A handle that no room has. */
  nameRoom() {
    this.#made += 1;
    return `f${this.#made}`.padEnd(16, '0');
  }

  // Knocking

  /** @param {Request<'knock_room'>} request */
  knock_room({ nick, note, inMemory }) {
    checkNick(nick);
    if ([...note].length > 140) throw failure('knock-note-too-long');
    const room = this.nameRoom();
    const { now, snapshot } = this.#world;
    const knock = { words: KNOCK_WORDS, ownerHere: true, endsAt: now + 600, state: /** @type {const} */ ('waiting') };
    const outside = summary(room, { title: '', phase: 'knocking', members: 0, inMemory, knock });
    snapshot.rooms = [outside, ...snapshot.rooms];
    this.tell(room);
    return room;
  }

  /** @param {RoomHandle} room */
  knockAgain(room) {
    const endsAt = this.#world.now + 600;
    this.find(room).knock = { words: KNOCK_WORDS.toReversed(), ownerHere: true, endsAt, state: 'waiting' };
    return this.tell(room);
  }

  /** @param {Request<'answer_knock'>} request */
  answer_knock({ room, knock, admit }) {
    const view = this.#world.views[room];
    const found = view?.knocks.find((one) => one.knock === knock && one.state === 'waiting');
    if (view?.owner !== true) throw failure('not-owner');
    if (found === undefined) throw failure('knock-over');
    if (admit && view.people.length >= view.rules.maxMembers) throw failure('room-full');
    if (admit) found.state = 'admitting';
    else view.knocks = view.knocks.filter((one) => one !== found);
    this.#emit({ kind: 'peopleChanged', room });
    return null;
  }

  // Reading aloud

  /** @param {Request<'hear_invitation'>} request @returns {Reply<'hear_invitation'> | Promise<never>} */
  hear_invitation({ spoken, address, again }) {
    const [number = '', ...words] = spoken.split(/[^\p{L}\d]+/u).filter((part) => part !== '');
    if (!/^[1-9]\d{3,5}$/u.test(number)) throw failure('spoken-number');
    if (words.length !== 3) throw failure('spoken-word-count');
    if (address === '') throw failure('address-missing');
    const { heard, pausesHearing } = this.#world;
    if (pausesHearing && !again) throw failure('spoken-pause');
    if (heard !== null) return heard;
    return new Promise((_, no) => {
      this.#endHearing = () => no(failure('spoken-cancelled'));
    });
  }

  cancel_hearing() {
    this.#endHearing();
    return null;
  }

  /** @param {Request<'speak_invitation'>} request */
  speak_invitation({ room }) {
    const view = this.#world.views[room];
    if (view === undefined) throw failure('unknown-room');
    if (this.find(room).phase === 'locked' && !(view.owner && view.takesKnocks)) throw failure('room-locked');
    const taken = view.spoken.filter(({ state }) => ['waiting', 'inUse', 'wrongWords'].includes(state));
    if (taken.length >= 3) throw failure('spoken-too-many');
    this.#made += 1;
    const open = spoken(`s${this.#made}`, this.#world.now + 600);
    view.spoken = [...view.spoken, open];
    this.#emit({ kind: 'peopleChanged', room });
    return open;
  }

  /** @param {Request<'withdraw_spoken'>} request */
  withdraw_spoken({ room, id }) {
    const view = this.#world.views[room];
    if (view !== undefined) view.spoken = view.spoken.filter((one) => one.id !== id);
    this.#emit({ kind: 'peopleChanged', room });
    return null;
  }
}

/** @param {string} nick */
export function checkNick(nick) {
  if (nick === '' || new TextEncoder().encode(nick).length > 32) throw failure('nick-invalid');
}

/**
 * @param {ErrorCode} code
 * @returns {CommandError & Error}
 */
export function failure(code) {
  return Object.assign(new Error(code), { code, slip: null });
}
