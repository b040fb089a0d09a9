// Knocking at a locked room, and answering who knocks.

import { readTarget, readToken } from './entrance.js';
import { openScreen, readField } from './screen.js';

/**
 * @import { KnockHandle, RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createKnockActions({ store, shell, submit, confirm, attempt }) {
  /** @param {RoomHandle} room @param {KnockHandle} knock @param {boolean} admit */
  const answer = async (room, knock, admit) => void (await shell.call('answer_knock', { room, knock, admit }));
  return {
    /** @param {boolean} inMemory */
    knockRoom: (inMemory) =>
      submit(async () => {
        const [nick, note] = [readField(store, 'nick'), readField(store, 'knock-note')];
        const target = { ...readTarget(store), token: readToken(store) };
        const room = await shell.call('knock_room', { ...target, nick, note, inMemory });
        openScreen(store, { name: 'room', room });
      }),
    /** Whoever was let in at this very moment leaves, and the others hear of it. @param {RoomHandle} room */
    giveUp: (room) => confirm(async () => void (await shell.call('leave_room', { room }))),
    /** @param {RoomHandle} room @param {KnockHandle} knock */
    letIn: (room, knock) => confirm(() => answer(room, knock, true)),
    /** @param {RoomHandle} room @param {KnockHandle} knock */
    turnAway: (room, knock) => attempt(() => answer(room, knock, false)),
  };
}
