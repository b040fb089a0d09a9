// Making a room, on this computer or on a relay elsewhere. Both end on the screen with its invitation.

import { showInvitation } from './invitation.js';
import { openScreen, readField } from './screen.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createNewRoomActions(tools) {
  const { store, shell, submit, confirm } = tools;
  return {
    /** @param {boolean} inMemory */
    hostRoom: (inMemory) =>
      submit(async () => openInvitation(tools, await shell.call('host_room', { ...readRoom(store), inMemory }))),
    /** @param {boolean} inMemory */
    createRoom: (inMemory) => submit(() => createAt(tools, readField(store, 'address'), inMemory)),
    /** The person has compared the key of the relay. @param {{ relay: string, inMemory: boolean }} at */
    trustRelay: ({ relay, inMemory }) => confirm(() => createAt(tools, relay, inMemory)),
  };
}

/**
 * @param {Tools} tools
 * @param {string} relay
 * @param {boolean} inMemory
 */
async function createAt(tools, relay, inMemory) {
  const { store, shell } = tools;
  const { screen } = store.state();
  const made = await shell.call('create_room', { relay, ...readRoom(store), inMemory });
  if (made.kind === 'made') {
    await openInvitation(tools, made.room);
  } else if (store.state().screen === screen) {
    const dialog = /** @type {const} */ ({ name: 'unvouched', relay: made.relay, pin: made.pin, inMemory });
    store.dispatch({ kind: 'dialogOpened', dialog });
  }
}

/**
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
async function openInvitation(tools, room) {
  openScreen(tools.store, { name: 'invite', room, fresh: true, invitation: null });
  await tools.submit(() => showInvitation(tools, room));
}

/**
 * What the form says about the room.
 * @param {Store} store
 */
function readRoom(store) {
  return {
    title: readField(store, 'title'),
    note: readField(store, 'note'),
    nick: readField(store, 'nick'),
    rules: {
      messageTtl: Number(readField(store, 'messageTtl')),
      idleTtl: Number(readField(store, 'idleTtl')),
      maxMembers: Number(readField(store, 'maxMembers')),
      // Without its owner's computer nobody would serve it.
      ownerLeaveCloses: store.state().screen.name === 'host' || readField(store, 'ownerLeaveCloses') === 'yes',
    },
  };
}
