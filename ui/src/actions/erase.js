// Erasing this computer: a second of holding, or the same key twice. Nothing is asked.

/** @import { Tools } from './run.js' */

/** @param {Tools} tools */
export function createEraseActions({ store, shell, attempt }) {
  const { dispatch } = store;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const letGo = () => {
    clearTimeout(timer);
    dispatch({ kind: 'eraseLetGo' });
  };
  const erase = async (tellRooms = false) => {
    clearTimeout(timer);
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
  return {
    /** Holding it for a second erases. */
    holdErase: (tellRooms = false) => {
      clearTimeout(timer);
      timer = setTimeout(() => void erase(tellRooms), HOLD_MS);
      dispatch({ kind: 'eraseHeld' });
    },
    letGoOfErase: () => {
      if (store.state().erasure.step === 'holding') letGo();
    },
    /** Pressed once it arms, and once more it erases. */
    pressErase: () => {
      if (store.state().erasure.step === 'armed') return void erase();
      clearTimeout(timer);
      timer = setTimeout(letGo, ARMED_MS);
      dispatch({ kind: 'eraseArmed' });
    },
    erase,
  };
}

const HOLD_MS = 1000;
/** A second press counts within this time. */
const ARMED_MS = 2000;
