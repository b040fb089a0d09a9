// Erasing this computer: a second of holding, or the same key twice. Nothing is asked.

import { createHold } from '../hold.js';

/** @import { Tools } from './run.js' */

/** @param {Tools} tools */
export function createEraseActions({ store, shell, attempt }) {
  const { dispatch } = store;

  const erase = async () => {
    guard.stop();
    const { tellRooms } = store.state();
    // Asked first: nothing that draws comes between a person and this.
    const asked = shell.call('erase_device', { tellRooms });
    dispatch({ kind: 'eraseStarted' });
    await attempt(async () => {
      const erasure = await asked.catch((error) => {
        dispatch({ kind: 'eraseFailed' });
        throw error;
      });
      dispatch({ kind: 'deviceErased', erasure });
      // Everything else that is left has a screen.
      if (!erasure.left.includes('keyring')) return;
      dispatch({ kind: 'toastShown', id: 'erase-left-keyring', tone: 'error' });
    });
  };
  const guard = createHold({
    step: () => store.state().erasure.step,
    tell: (step) => dispatch({ kind: TOLD[step] }),
    act: () => void erase(),
  });
  return {
    /** Holding it for a second erases. */
    holdErase: guard.hold,
    letGoOfErase: guard.release,
    /** Pressed once it arms, and once more it erases. */
    pressErase: guard.press,
    /** Leaves the rooms first, which takes a moment. @param {boolean} on */
    chooseTellRooms: (on) => dispatch({ kind: 'tellRoomsChosen', on }),
    erase,
  };
}

const TOLD = /** @type {const} */ ({ idle: 'eraseLetGo', holding: 'eraseHeld', armed: 'eraseArmed' });
