// Being in a room: reaching it, following the others, and going.

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createRoomActions({ store: { dispatch }, shell, confirm, attempt }) {
  return {
    /** Connects now instead of later. @param {RoomHandle} room */
    retryRoom: (room) => attempt(async () => void (await shell.call('retry_room', { room }))),
    /** @param {RoomHandle} room @param {string} branch */
    rejoin: (room, branch) => confirm(async () => void (await shell.call('rejoin_room', { room, branch }))),
    /** @param {RoomHandle} room @param {string} branch */
    stay: (room, branch) => confirm(async () => void (await shell.call('stay_in_room', { room, branch }))),
    /** @param {RoomHandle} room */
    leave: (room) =>
      confirm(async () => {
        const { told, closing } = await shell.call('leave_room', { room });
        const id = closing ? 'toast-left-closing' : told ? null : 'toast-left-untold';
        if (id !== null) dispatch({ kind: 'toastShown', id, tone: 'plain' });
      }),
    /** @param {RoomHandle} room */
    remove: (room) => confirm(async () => void (await shell.call('remove_room', { room }))),
    /** Takes a room that has ended off the list. @param {RoomHandle} room */
    dismiss: (room) => attempt(async () => void (await shell.call('remove_room', { room }))),
  };
}
