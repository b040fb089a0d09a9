// Joining: reading an invitation, looking from the door, and going in.

import { isSpoken } from '../spoken.js';
import { makeJoin, openScreen, openSpoken, openWithNick, readField } from './screen.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createEntranceActions(tools) {
  const { store, submit, attempt } = tools;
  return {
    readInvitation: () => submit(() => readInvitation(tools)),
    /** Takes what was typed on the home screen along, so that a mistake can be corrected beside its explanation. */
    joinTyped: () =>
      attempt(async () => {
        const invitation = readField(store, 'invitation');
        await openWithNick(tools, makeJoin(), { invitation });
        if (invitation !== '') await submit(() => readInvitation(tools));
      }),
    previewRoom: () => submit(() => previewRoom(tools, readField(store, 'address'))),
    /** @param {string | null} passphrase @param {boolean} inMemory */
    joinRoom: (passphrase, inMemory) => submit(() => joinRoom(tools, passphrase, inMemory)),
    /** @param {RoomHandle} room */
    openKnown: (room) => submit(() => openKnown(tools, room)),
  };
}

/** @param {Tools} tools */
async function readInvitation(tools) {
  const { store } = tools;
  const invitation = readField(store, 'invitation');
  if (isSpoken(invitation)) openSpoken(store);
  else await follow(tools, invitation);
}

/**
 * An invitation that was heard is read as one that was typed.
 * @param {Tools} tools
 */
export async function followHeard(tools) {
  await follow(tools, readTarget(tools.store).invitation);
}

/**
 * @param {Tools} tools
 * @param {string} invitation
 */
async function follow(tools, invitation) {
  const { store, shell } = tools;
  const { screen, form } = store.state();
  const { values } = form;
  const read = await shell.call('read_invitation', { invitation });
  if (store.state().screen !== screen) return;
  const heard = findHeard(store);
  if (read.known !== null) {
    openScreen(store, makeJoin({ step: heard === null ? 'invitation' : 'heard', read, heard }), values);
  } else if (read.addresses.length === 0) {
    const address = read.beside ?? values.address ?? store.state().vault.lastAddress ?? '';
    openScreen(store, makeJoin({ step: 'where', read, heard }), { ...values, address });
  } else {
    await previewRoom(tools, null);
  }
}

/**
 * @param {Tools} tools
 * @param {string | null} address Where the invitation names none.
 */
async function previewRoom({ store, shell }, address) {
  const { screen, form } = store.state();
  const preview = await shell.call('preview_room', { invitation: readTarget(store).invitation, address });
  if (store.state().screen !== screen) return;
  const read = screen.name === 'join' ? screen.read : null;
  openScreen(store, makeJoin({ step: 'preview', read, preview, heard: findHeard(store) }), form.values);
}

/**
 * @param {Tools} tools
 * @param {string | null} passphrase
 * @param {boolean} inMemory
 */
async function joinRoom({ store, shell }, passphrase, inMemory) {
  const nick = readField(store, 'nick');
  const target = readTarget(store);
  const room = await shell.call('join_room', { ...target, passphrase, nick, inMemory });
  if (target.address !== null) store.dispatch({ kind: 'addressUsed' });
  openScreen(store, { name: 'room', room });
}

/**
 * What leads to the room that was looked at from the door.
 * @param {Store} store
 */
export function readTarget(store) {
  const address = readField(store, 'address') || null;
  return { invitation: findHeard(store)?.link ?? readField(store, 'invitation'), address };
}

/**
 * What lets a knock in without a question, where somebody was invited aloud into a locked room.
 * @param {Store} store
 */
export function readToken(store) {
  return findHeard(store)?.token ?? null;
}

/** @param {Store} store */
function findHeard(store) {
  const { screen } = store.state();
  return screen.name === 'join' ? screen.heard : null;
}

/**
 * Opens a room that is on this computer already. Its newer invitation tells where it is now.
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function openKnown({ store, shell }, room) {
  const { screen } = store.state();
  const { invitation } = readTarget(store);
  if (screen.name === 'join' && (screen.read?.addresses.length ?? 0) > 0) {
    await shell.call('relocate_room', { invitation, address: null });
  }
  openScreen(store, { name: 'room', room });
}
