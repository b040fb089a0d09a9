// Invitations that are read aloud: a number and three words.

/**
 * @import { RoomHandle, SpokenId } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createSpokenActions({ shell, submit, attempt }) {
  return {
    /** The view of the room shows it, also to whoever has gone to another screen meanwhile. @param {RoomHandle} room */
    speakInvitation: (room) => submit(async () => void (await shell.call('speak_invitation', { room }))),
    /** @param {RoomHandle} room @param {SpokenId} id */
    withdrawSpoken: (room, id) => attempt(async () => void (await shell.call('withdraw_spoken', { room, id }))),
  };
}
