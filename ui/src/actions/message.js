// Writing, sending, and reading the timeline.

import { ALWAYS } from '../choices.js';
import { PAGE } from '../state/lines.js';
import { findSeal } from '../state/sealing.js';

/**
 * @import { ItemId, RoomHandle } from '../../generated/api.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createMessageActions(tools) {
  const { store, shell, attempt } = tools;
  const { dispatch } = store;
  return {
    /** @param {RoomHandle} room @param {string} text */
    changeDraft: (room, text) => dispatch({ kind: 'draftChanged', room, text }),
    /** @param {RoomHandle} room */
    send: (room) => attempt(() => send(tools, room)),
    /** @param {RoomHandle} room @param {ItemId} id */
    withdraw: (room, id) => attempt(async () => void (await shell.call('withdraw_message', { room, id }))),
    /** Takes an own message back, from everybody. @param {RoomHandle} room @param {ItemId} id */
    retract: (room, id) => attempt(async () => void (await shell.call('retract_message', { room, id }))),
    toggleSealing: () => dispatch({ kind: 'sealingToggled' }),
    /** @param {RoomHandle} room @param {number | null} seconds */
    chooseSeal: (room, seconds) => dispatch({ kind: 'sealChosen', room, seconds }),
    /** @param {RoomHandle} room @param {number | null} fuse */
    chooseFuse: (room, fuse) => dispatch({ kind: 'fuseChosen', room, fuse }),
    /** @param {RoomHandle} room */
    loadEarlier: (room) => attempt(() => loadEarlier(tools, room)),
    /** @param {RoomHandle} room */
    readNewest: (room) => dispatch({ kind: 'newestWanted', room }),
    /** @param {RoomHandle} room @param {boolean} atEnd Whether the person sees the end of the timeline. */
    reachEnd: (room, atEnd) => dispatch({ kind: 'endReached', room, atEnd }),
  };
}

/**
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function send({ store, shell }, room) {
  const text = readDraft(store, room);
  if (text.trim() === '') return;
  // The field is free at once; the text comes back, before what was typed since, if the engine does not take it.
  const { sealing, room: open } = store.state();
  const always = open?.room === room && open.view?.rules.everythingViewOnce === true;
  const seal = findSeal(sealing, room);
  const seconds = seal.seconds ?? (always ? ALWAYS : null);
  const { fuse } = seal;
  store.dispatch({ kind: 'draftChanged', room, text: '' });
  store.dispatch({ kind: 'messageSent', room });
  try {
    await (seconds === null
      ? shell.call('send_message', { room, text, fuse })
      : shell.call('send_view_once', { room, text, seconds, fuse }));
  } catch (error) {
    // Of a room that has ended meanwhile nothing stays, nor does this.
    if (isThere(store, room)) {
      joinDraft(store, room, [text, readDraft(store, room)]);
      store.dispatch({ kind: 'messageRefused', room, seal });
    }
    throw error;
  }
}

/**
 * @param {Store} store
 * @param {RoomHandle} room
 */
function isThere(store, room) {
  return store.state().rooms.some((known) => known.room === room && known.ended === null);
}

/**
 * @param {Store} store
 * @param {RoomHandle} room
 */
function readDraft(store, room) {
  return store.state().drafts[room] ?? '';
}

/**
 * @param {Store} store
 * @param {RoomHandle} room
 * @param {string[]} parts One line after the other.
 */
function joinDraft({ dispatch }, room, parts) {
  dispatch({ kind: 'draftChanged', room, text: parts.filter((part) => part !== '').join('\n') });
}

/**
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function loadEarlier({ store, shell }, room) {
  const { timeline } = store.state();
  const before = timeline?.lines?.earlier ?? null;
  if (timeline?.room !== room || before === null || timeline.loadingEarlier) return;
  store.dispatch({ kind: 'earlierAsked', room });
  try {
    const page = await shell.call('page_messages', { room, before, limit: PAGE });
    store.dispatch({ kind: 'earlierRead', room, page });
  } catch (error) {
    store.dispatch({ kind: 'earlierFailed', room });
    throw error;
  }
}
