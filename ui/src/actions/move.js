// Moving a room: making the new one, following there, and taking the move back.

import { hasDraft } from '../state/unsent.js';
import { readCode } from './run.js';
import { openScreen } from './screen.js';

/**
 * @import { Item, ItemId, MemberHandle, Page, RoomHandle } from '../../generated/api.js'
 * @import { Dialog, Unvouched } from '../state/dialog.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 *
 * @typedef {Extract<Dialog, { name: 'moveRoom' }>} MoveDialog
 */

/** @param {Tools} tools */
export function createMoveActions(tools) {
  const { store, shell, confirm, attempt } = tools;
  /**
   * What joiners need beside the code, while a person compares the key of the relay.
   * @type {WeakMap<Dialog, string>}
   */
  const waiting = new WeakMap();

  /**
   * @param {Dialog} dialog Which is answered.
   * @param {RoomHandle} room
   * @param {string | null} relay
   * @param {string | null} passphrase
   */
  async function moveTo(dialog, room, relay, passphrase) {
    const made = await shell.call('move_room', { room, relay, passphrase });
    if (made.kind === 'made' && relay !== null) store.dispatch({ kind: 'addressUsed' });
    // Behind a lock that came meanwhile nothing is opened.
    if (store.state().dialog.shown !== dialog) return;
    if (made.kind === 'made') return arrive(store, room, made.room);
    const { relay: pinned, pin } = made;
    const question = /** @type {const} */ ({ name: 'unvouched', relay: pinned, pin, inMemory: false, room });
    if (passphrase !== null) waiting.set(question, passphrase);
    store.dispatch({ kind: 'dialogOpened', dialog: question });
  }

  return {
    /** @param {RoomHandle} room */
    openMove: (room) => attempt(() => openMove(tools, room)),
    /** @param {MoveDialog} dialog @param {string | null} passphrase */
    moveRoom: (dialog, passphrase) =>
      confirm(() => moveTo(dialog, dialog.room, readRelay(store), passphrase)),
    /** The person has compared the key of the relay. @param {Unvouched} dialog @param {RoomHandle} room */
    trustRelayToMove: (dialog, room) =>
      confirm(() => moveTo(dialog, room, dialog.relay, waiting.get(dialog) ?? null)),
    /** Goes to where it has moved; asks first if something would be lost by that. @param {RoomHandle} room */
    followRoom: (room) => {
      if (!losesByFollowing(store, room)) return attempt(() => followRoom(tools, room));
      store.dispatch({ kind: 'dialogOpened', dialog: { name: 'followRoom', room } });
    },
    /** @param {RoomHandle} room */
    followAnyway: (room) => confirm(() => followRoom(tools, room)),
    /**
     * Has those told as well who came in since it was to move.
     * @param {RoomHandle} room
     * @param {MemberHandle[]} members
     */
    tellNewcomers: (room, members) =>
      confirm(async () => void (await shell.call('tell_newcomers', { room, members }))),
    /** @param {RoomHandle} room */
    takeMoveBack: (room) =>
      confirm(async () => {
        const id = await findMove(tools, room);
        if (id !== null) await shell.call('retract_message', { room, id });
      }),
  };
}

/**
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function openMove({ store, shell }, room) {
  const { screen } = store.state();
  const reach = await shell.call('hosting_reach');
  const { rooms, screen: now } = store.state();
  const summary = rooms.find((known) => known.room === room);
  if (now !== screen || summary === undefined) return;
  // No relay is offered: one of another room would learn of everybody here by a single press.
  const values = { where: summary.hosting === null ? 'relay' : 'here', address: '' };
  store.dispatch({ kind: 'dialogOpened', dialog: { name: 'moveRoom', room, reach }, values });
}

/**
 * The relay of the new room; none where this computer is to serve it.
 * @param {Store} store
 */
function readRelay(store) {
  const { values } = store.state().dialog.form;
  return values['where'] === 'here' ? null : (values['address'] ?? '').trim();
}

/**
 * The room is made. What the others know of it depends on the old one's relay.
 * @param {Store} store
 * @param {RoomHandle} from
 * @param {RoomHandle} room
 */
function arrive(store, from, room) {
  const old = store.state().rooms.find((known) => known.room === from);
  openScreen(store, { name: 'room', room });
  // Whoever was alone is followed by nobody.
  if (old === undefined || old.members <= 1) return;
  const isTold = old.connection.kind === 'online';
  store.dispatch({ kind: 'toastShown', id: isTold ? 'toast-moved' : 'toast-moved-away', tone: 'plain' });
}

/**
 * Its owner stays in the old room until that ends, and what was sent goes out before it is left.
 * @param {Store} store
 * @param {RoomHandle} room
 */
function losesByFollowing(store, room) {
  const state = store.state();
  const moved = state.rooms.find((known) => known.room === room)?.moved ?? null;
  return moved !== null && !moved.own && hasDraft(state, room);
}

/**
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function followRoom({ store, shell }, room) {
  const { screen } = store.state();
  try {
    const there = await shell.call('follow_room', { room });
    if (store.state().screen === screen) openScreen(store, { name: 'room', room: there });
  } catch (error) {
    if (readCode(error) !== 'invalid-request') throw error;
    store.dispatch({ kind: 'toastShown', id: 'follow-over', tone: 'error' });
  }
}

/**
 * The line that leads to the new room: it may stand before what is loaded.
 * @param {Tools} tools
 * @param {RoomHandle} room
 * @returns {Promise<ItemId | null>} Null once it has burned.
 */
async function findMove({ store, shell }, room) {
  const { timeline } = store.state();
  let found = timeline?.room === room ? findOwnMove(timeline.lines?.items ?? []) : null;
  /** @type {string | null} */
  let before = null;
  do {
    if (found !== null) return found;
    /** @type {Page} */
    const page = await shell.call('page_messages', { room, before, limit: 200 });
    found = findOwnMove(page.items);
    before = page.earlier;
  } while (before !== null);
  return found;
}

/** @param {Item[]} items */
function findOwnMove(items) {
  return items.findLast(({ body }) => body.kind === 'moved' && body.own)?.id ?? null;
}
