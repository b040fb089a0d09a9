// Inviting others into a room.

import { openScreen } from './screen.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { InvitationForm } from '../../types/shell.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createInvitationActions(tools) {
  const { store, shell, submit, attempt } = tools;
  return {
    /** @param {RoomHandle} room */
    invite: (room) => {
      openScreen(store, { name: 'invite', room, fresh: false, invitation: null });
      return submit(() => showInvitation(tools, room));
    },
    /** @param {RoomHandle} room @param {InvitationForm} form */
    copyInvitation: (room, form) =>
      attempt(async () => {
        await shell.call('copy_invitation', { room, form });
        store.dispatch({ kind: 'toastShown', id: 'toast-copied', tone: 'plain' });
      }),
  };
}

/**
 * Reads the invitation for the screen that waits for it.
 * @param {Tools} tools
 * @param {RoomHandle} room
 */
export async function showInvitation({ store, shell }, room) {
  store.dispatch({ kind: 'invitationRead', room, invitation: await shell.call('view_invitation', { room }) });
}
