// What the owner of a room orders, and what keeps a room from ending by itself. The engine keeps it, and the relay
// carries it out: where that is not reached, only the first has happened.

/**
 * @import { MemberHandle, RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createOwnerActions(tools) {
  const { shell, confirm, attempt } = tools;
  return {
    /** @param {RoomHandle} room */
    lockRoom: (room) => attempt(() => order(tools, room, () => shell.call('lock_room', { room }))),
    /** @param {RoomHandle} room */
    unlockRoom: (room) => attempt(() => order(tools, room, () => shell.call('unlock_room', { room }))),
    /** Has a room go on in which nobody writes. @param {RoomHandle} room */
    keepRoom: (room) => attempt(() => order(tools, room, () => shell.call('keep_room', { room }))),
    /** @param {RoomHandle} room @param {MemberHandle} member */
    removeMember: (room, member) =>
      confirm(() => order(tools, room, () => shell.call('remove_member', { room, member }))),
    /** Ends it for everybody; its phase tells that it waits for that. @param {RoomHandle} room */
    closeRoom: (room) => confirm(async () => void (await shell.call('close_room', { room }))),
  };
}

/**
 * Gives an order, and says so if it waits for the relay.
 * @param {Tools} tools
 * @param {RoomHandle} room
 * @param {() => Promise<unknown>} give
 */
export async function order({ store }, room, give) {
  await give();
  const summary = store.state().rooms.find((known) => known.room === room);
  if (summary !== undefined && summary.connection.kind !== 'online') {
    store.dispatch({ kind: 'toastShown', id: 'toast-waits', tone: 'plain' });
  }
}
