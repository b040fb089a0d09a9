// What becomes of a room that is erased for everybody, in the fake engine.

/**
 * @import { BurnReceipt, Ended, RoomHandle, RoomSummary } from '../generated/api.js'
 * @import { ShellEvent } from '../src/shell.js'
 * @import { World } from './world.js'
 */

/** Whoever is here confirms after a moment; whoever is away does not. */
export class FakeErasure {
  #world;
  #emit;

  /** @param {World} world @param {(event: ShellEvent) => void} emit */
  constructor(world, emit) {
    this.#world = world;
    this.#emit = emit;
  }

  /** This person erases it, at once where the relay is there. @param {RoomSummary} summary */
  order(summary) {
    const burned = listReceipts(this.#world, summary.room);
    const isOwner = this.#world.views[summary.room]?.owner === true;
    if (summary.connection.kind !== 'online') {
      Object.assign(summary, { phase: 'erasing', eraseAsked: null, ...NOTHING });
      this.#forget(summary.room);
      this.#emit({ kind: 'roomChanged', summary });
      return;
    }
    summary.burned = { people: burned, listening: true };
    this.end(summary, isOwner ? 'erasedByOwner' : 'erasedByMember');
  }

  /** @param {RoomSummary} summary @param {Ended} ended */
  end(summary, ended) {
    Object.assign(summary, { phase: 'ended', ended, eraseAsked: null, hosting: null, members: 0, ...NOTHING });
    this.#forget(summary.room);
    this.#emit({ kind: 'roomChanged', summary });
  }

  /** @param {RoomSummary} summary @param {(nick: string) => void} note */
  keep(summary, note) {
    const nick = summary.eraseAsked?.by ?? '';
    summary.eraseAsked = null;
    note(nick);
    this.#emit({ kind: 'roomChanged', summary });
  }

  /** @param {RoomHandle} room */
  #forget(room) {
    const ids = (this.#world.items[room] ?? []).map(({ id }) => id);
    this.#world.items[room] = [];
    this.#emit({ kind: 'itemsRemoved', room, ids });
  }
}

const NOTHING = { lastLine: null, unread: 0 };

/**
 * @param {World} world
 * @param {RoomHandle} room
 * @returns {BurnReceipt[]}
 */
export function listReceipts(world, room) {
  const others = (world.views[room]?.people ?? []).filter(({ own }) => !own);
  return others.map(({ member, nick, hue, shape }) => ({ member, nick, hue, shape, confirmed: false }));
}
