// Serving a room from this computer.

import { showInvitation } from './invitation.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createHostingActions(tools) {
  const { shell, confirm, attempt } = tools;
  return {
    /** @param {RoomHandle} room */
    startHosting: (room) => attempt(async () => void (await shell.call('start_hosting', { room }))),
    /** @param {RoomHandle} room */
    stopHosting: (room) => confirm(async () => void (await shell.call('stop_hosting', { room }))),
    /** @param {RoomHandle} room */
    renewAddress: (room) =>
      confirm(async () => {
        await shell.call('renew_address', { room });
        await showInvitation(tools, room);
      }),
  };
}
