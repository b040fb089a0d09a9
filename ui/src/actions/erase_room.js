// Erasing a room for everybody, and the answer to somebody who asks for that. Nothing is asked a second time.

import { createHold } from '../hold.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createEraseRoomActions({ store, shell, attempt }) {
  const { dispatch } = store;
  /** Whose button it is. */
  let target = '';
  /** Rooms whose question is being answered. @type {Set<RoomHandle>} */
  const answering = new Set();

  const guard = createHold(
    {
      step: () => (store.state().roomErasure.room === target ? store.state().roomErasure.step : 'idle'),
      tell: (step) => dispatch(step === 'idle' ? { kind: 'roomEraseLetGo' } : { kind: TOLD[step], room: target }),
      act: () => void erase(target),
    },
    ARMED_MS,
  );
  /** @param {RoomHandle} room */
  const erase = (room) => {
    guard.stop();
    dispatch({ kind: 'roomEraseStarted', room });
    return attempt(async () => {
      await shell.call('erase_room', { room }).finally(() => dispatch({ kind: 'roomEraseEnded' }));
    });
  };
  return {
    /** Holding it for a second erases. @param {RoomHandle} room */
    holdRoomErase: (room) => {
      target = room;
      guard.hold();
    },
    letGoOfRoomErase: guard.release,
    /** Pressed once it arms, and once more it erases. @param {RoomHandle} room */
    pressRoomErase: (room) => {
      target = room;
      guard.press();
    },
    /** For whoever cannot hold: with this on, one press of the button erases. @param {RoomHandle} room */
    armRoomErase: (room) => {
      const isArmed = store.state().roomErasure.step === 'armed';
      target = room;
      if (isArmed) guard.letGo();
      else guard.press();
    },
    /** @param {RoomHandle} room @param {boolean} erases */
    answerErasure: async (room, erases) => {
      if (answering.has(room)) return;
      answering.add(room);
      await attempt(async () => void (await shell.call('answer_erasure', { room, erase: erases })));
      answering.delete(room);
    },
  };
}

const TOLD = /** @type {const} */ ({ holding: 'roomEraseHeld', armed: 'roomEraseArmed' });

/** Long enough to reach the button by whatever means. */
const ARMED_MS = 10_000;
