// The state, divided into slices. Each owns one part of it: how the part begins, and what each event makes of it.
//
// A slice imports no other. It answers an event with its next part; one that is not its own falls through its switch,
// which answers undefined. The compiler keeps each switch complete. What an event does beyond one part is in store.js.

import * as boot from './boot.js';
import * as clock from './clock.js';
import * as dialog from './dialog.js';
import * as drafts from './drafts.js';
import * as drawer from './drawer.js';
import * as erasure from './erasure.js';
import * as form from './form.js';
import * as knocks from './knocks.js';
import * as reading from './reading.js';
import * as room from './room.js';
import * as roomErasure from './room_erasure.js';
import * as rooms from './rooms.js';
import * as screen from './screen.js';
import * as sealing from './sealing.js';
import * as snapshot from './snapshot.js';
import * as tellRooms from './tell_rooms.js';
import * as tellsTyping from './tells_typing.js';
import * as theme from './theme.js';
import * as timeline from './timeline.js';
import * as toast from './toast.js';
import * as typing from './typing.js';
import * as vault from './vault.js';

/** The name of each part, and its slice. A new slice is a file and a line here. */
const SLICES = {
  boot,
  now: clock,
  dialog,
  drafts,
  drawer,
  erasure,
  form,
  knocks,
  reading,
  room,
  roomErasure,
  rooms,
  screen,
  sealing,
  snapshot,
  tellRooms,
  tellsTyping,
  theme,
  timeline,
  toast,
  typing,
  vault,
};

/**
 * @typedef {typeof SLICES} Slices
 * @typedef {{ [Name in keyof Slices]: ReturnType<Slices[Name]['reduce']> }} State
 * @typedef {Parameters<Slices[keyof Slices]['reduce']>[1]} AnyEvent
 */

/**
 * @param {number} now Unix seconds.
 * @returns {State}
 */
export function createState(now) {
  const parts = Object.entries(SLICES).map(([name, { initial }]) => [name, initial]);
  return { .../** @type {State} */ (Object.fromEntries(parts)), now };
}

/**
 * Asks every slice. An event that none of them answers is a fault, not silence.
 * @param {State} state
 * @param {AnyEvent} event
 * @returns {State} The same one if no part changed.
 */
export function fold(state, event) {
  let answered = false;
  let next = state;
  for (const name of /** @type {(keyof State)[]} */ (Object.keys(SLICES))) {
    const { reduce } = /** @type {AnySlice} */ (SLICES[name]);
    const part = reduce(state[name], event);
    answered ||= part !== undefined;
    if (part !== undefined && part !== state[name]) next = { ...next, [name]: part };
  }
  if (!answered) throw new Error(`unhandled event: ${event.kind}`);
  return next;
}

/** @typedef {{ reduce: (part: any, event: any) => unknown }} AnySlice */
