// Making a room, on this computer or on a relay elsewhere. Both end on the screen with its invitation.

import { showInvitation } from './invitation.js';
import { openScreen, readField } from './screen.js';

/**
 * @import { EraseBy, Receipts, RoomHandle } from '../../generated/api.js'
 * @import { Dialog, Unvouched } from '../state/dialog.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createNewRoomActions(tools) {
  const { store, shell, submit, confirm } = tools;
  /**
   * What joiners need beside the code, while a person compares the key of the relay.
   * @type {WeakMap<Dialog, string>}
   */
  const waiting = new WeakMap();

  /** @param {string} relay @param {boolean} inMemory @param {string | null} passphrase */
  async function createAt(relay, inMemory, passphrase) {
    const { screen } = store.state();
    const made = await shell.call('create_room', { relay, ...readRoom(store), passphrase, inMemory });
    if (made.kind === 'made') {
      store.dispatch({ kind: 'addressUsed' });
      await openInvitation(tools, made.room);
    } else if (store.state().screen === screen) {
      const { relay: pinned, pin } = made;
      const dialog = /** @type {const} */ ({ name: 'unvouched', relay: pinned, pin, inMemory, room: null });
      if (passphrase !== null) waiting.set(dialog, passphrase);
      store.dispatch({ kind: 'dialogOpened', dialog });
    }
  }

  return {
    /** @param {boolean} inMemory @param {string | null} passphrase */
    hostRoom: (inMemory, passphrase) =>
      submit(async () => {
        const room = await shell.call('host_room', { ...readRoom(store), passphrase, inMemory });
        await openInvitation(tools, room);
      }),
    /** @param {boolean} inMemory @param {string | null} passphrase */
    createRoom: (inMemory, passphrase) => submit(() => createAt(readField(store, 'address'), inMemory, passphrase)),
    /** The person has compared the key of the relay. @param {Unvouched} dialog */
    trustRelay: (dialog) =>
      confirm(() => createAt(dialog.relay, dialog.inMemory, waiting.get(dialog) ?? null)),
  };
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
      everythingViewOnce: readField(store, 'everythingViewOnce') === 'yes',
      receipts: /** @type {Receipts} */ (readField(store, 'receipts')),
      presence: readField(store, 'presence') === 'yes',
      eraseBy: /** @type {EraseBy} */ (readField(store, 'eraseBy')),
      locked: readField(store, 'locked') === 'yes',
    },
  };
}
