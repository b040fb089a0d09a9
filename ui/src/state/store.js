// One state, one reducer. What the engine tells and what the person does arrive as events; nothing else changes it.
//
// Most events concern single slices, which answer for themselves. What crosses slices stands here: locking, a room that
// goes or ends while it is on the screen, and snapshots, which changes may overtake. What is put away when a room is to
// be erased stands in shutting.js.

import { initial as NO_DIALOG } from './dialog.js';
import { initial as NO_FORM } from './form.js';
import { findRoom } from './screen.js';
import { keepShut, leaveOut } from './shutting.js';
import { createState, fold } from './slices.js';
import { isOpen } from './vault.js';

/**
 * @import { RoomHandle, VaultState } from '../../generated/api.js'
 * @import { Screen, ScreenOpened, SnapshotTaken } from './events.js'
 * @import { AnyEvent, State } from './slices.js'
 * @import { OvertakingEvent, SnapshotEvent } from './snapshot.js'
 */

/**
 * @typedef {object} Store
 * @property {() => State} state
 * @property {(event: AnyEvent) => void} dispatch
 * @property {(listener: (state: State, before: State) => void) => void} subscribe
 */

/**
 * @param {number} now Unix seconds.
 * @returns {Store}
 */
export function createStore(now) {
  let state = createState(now);
  /** @type {((state: State, before: State) => void)[]} */
  const listeners = [];
  return {
    state: () => state,
    dispatch(event) {
      const before = state;
      state = reduce(state, event);
      if (state !== before) for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}

/**
 * @param {State} state
 * @param {AnyEvent} event
 * @returns {State}
 */
export function reduce(state, event) {
  const next = keepShut(state, apply(state, event));
  return isOvertaking(event) ? collect(next, event) : next;
}

/** @param {AnyEvent} event */
function isOfRoom({ kind }) {
  return ['roomChanged', 'peopleChanged', 'itemsChanged', 'itemsRemoved', 'typingChanged'].includes(kind);
}

/**
 * @param {State} state
 * @param {AnyEvent} event
 * @returns {State}
 */
function apply(state, event) {
  // What a room tells while the vault is being closed has no place behind the lock.
  if (isOfRoom(event) && state.vault.state !== null && !isOpen(state.vault.state)) return state;
  switch (event.kind) {
    case 'vaultChanged':
      return isOpen(event.vault) ? fold(state, event) : lock(state, event.vault);
    case 'roomRemoved':
      return leaveGone(fold(state, event));
    case 'roomChanged':
    case 'screenOpened':
      return forgetEnded(fold(state, event));
    case 'snapshotTaken':
      return takeSnapshot(state, event);
    case 'snapshotFailed':
      return failSnapshot(state, event);
    default:
      return fold(state, event);
  }
}

/**
 * Nothing that was read or written in a room stays in memory once the vault is locked: every part begins anew, but for
 * what the vault has nothing to do with.
 * @param {State} state
 * @param {VaultState} vault
 * @returns {State}
 */
function lock({ boot, erasure, now }, vault) {
  const empty = createState(now);
  return { ...empty, boot, erasure, vault: { ...empty.vault, state: vault }, screen: { name: 'unlock' } };
}

/**
 * A room that is no longer on this computer cannot stay on the screen, nor behind it.
 * @param {State} state
 * @returns {State}
 */
function leaveGone(state) {
  const { screen, rooms } = state;
  const isGone = (/** @type {Screen} */ at) => {
    const here = findRoom(at);
    return here !== null && !rooms.some(({ room }) => room === here);
  };
  if (isGone(screen)) return goHome(state);
  const isBehind = screen.name === 'settings' && isGone(screen.from.screen);
  return isBehind ? { ...state, screen: { ...screen, from: HOME } } : state;
}

/**
 * Of a room that has ended for everybody nothing stays in memory but its line in the list, and nothing leads into it.
 * @param {State} state
 * @returns {State}
 */
function forgetEnded(state) {
  const ended = new Set(state.rooms.filter((summary) => summary.ended !== null).map(({ room }) => room));
  if (ended.size === 0) return state;
  const { dialog, drafts, drawer, reading, screen, typing } = state;
  const asked = dialog.shown !== null && 'room' in dialog.shown ? dialog.shown.room : null;
  /** @type {State} */
  const next = {
    ...state,
    drafts: leaveOut(drafts, ended),
    typing: leaveOut(typing, ended),
    reading: reading !== null && ended.has(reading.room) ? null : reading,
    dialog: asked !== null && ended.has(asked) ? NO_DIALOG : dialog,
  };
  if (screen.name === 'settings') {
    return { ...next, screen: { ...screen, from: { ...screen.from, screen: enterEnded(screen.from.screen, ended) } } };
  }
  const here = findRoom(screen);
  if (here === null || !ended.has(here)) return next;
  const away = drawer === 'people' ? null : drawer;
  return { ...next, screen: enterEnded(screen, ended), form: NO_FORM, drawer: away, room: null, timeline: null };
}

/**
 * Nobody is invited into a room that has ended.
 * @param {Screen} screen
 * @param {Set<RoomHandle>} ended
 * @returns {Screen}
 */
function enterEnded(screen, ended) {
  return screen.name === 'invite' && ended.has(screen.room) ? { name: 'room', room: screen.room } : screen;
}

/** @param {State} state */
function goHome(state) {
  return fold(state, HOME);
}

/** @type {ScreenOpened} */
const HOME = { kind: 'screenOpened', screen: { name: 'home' } };

/**
 * Answers and events travel separately. What arrives while a snapshot is under way is collected and applied again on
 * top of it, or an answer that was computed earlier would undo it.
 * @param {State} state
 * @param {OvertakingEvent} event
 * @returns {State}
 */
function collect(state, event) {
  const { overtaking } = state.snapshot;
  if (overtaking === null) return state;
  return { ...state, snapshot: { ...state.snapshot, overtaking: [...overtaking, event] } };
}

/**
 * @param {AnyEvent} event
 * @returns {event is OvertakingEvent}
 */
function isOvertaking(event) {
  return ['roomChanged', 'roomRemoved', 'themeChosen', 'tellsTypingChosen'].includes(event.kind);
}

/**
 * @param {State} state
 * @param {SnapshotTaken} event
 * @returns {State}
 */
function takeSnapshot(state, event) {
  const { overtaking } = state.snapshot;
  // An answer to a question from before the vault was locked must not bring the rooms back.
  if (overtaking === null) return state;
  const taken = isOpen(event.snapshot.vault) ? readSnapshot(state, event) : readClosed(state, event);
  return forgetEnded(leaveGone(overtaking.reduce(apply, taken)));
}

/**
 * @param {State} state
 * @param {SnapshotTaken} event
 */
function readSnapshot(state, event) {
  const next = fold(state, event);
  return state.screen.name === 'starting' || state.screen.name === 'unlock' ? goHome(next) : next;
}

/**
 * Of a vault that is closed, only what opens it is told. What is being typed to open it stays.
 * @param {State} state
 * @param {SnapshotTaken} event
 * @returns {State}
 */
function readClosed(state, { snapshot }) {
  const next = lock(state, snapshot.vault);
  const form = state.screen.name === 'unlock' ? state.form : next.form;
  return { ...next, form, vault: { ...next.vault, ways: snapshot.ways } };
}

/**
 * On the first screen there is nothing yet that a toast could lie over.
 * @param {State} state
 * @param {Extract<SnapshotEvent, { kind: 'snapshotFailed' }>} event
 * @returns {State}
 */
function failSnapshot(state, event) {
  const next = fold(state, event);
  return state.screen.name === 'starting'
    ? { ...next, form: { ...next.form, error: event.code } }
    : fold(next, { kind: 'toastShown', id: `error-${event.code}`, tone: 'error' });
}
