// A number and three words that were heard become an invitation. The link stands in the state of the screen and nowhere
// else: in no input and not on the page.

import { followHeard } from './entrance.js';
import { readCode } from './run.js';
import { makeJoin, openScreen, openSpoken, readField } from './screen.js';

/**
 * @import { Screen } from '../state/events.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createHearingActions(tools) {
  const { store, shell, submit, attempt } = tools;
  /** Where somebody waits for the other side. @type {Screen | null} */
  let waiting = null;

  const cancel = () => attempt(async () => void (await shell.call('cancel_hearing')));

  // Whoever goes elsewhere does not use up the number for nothing.
  store.subscribe(({ screen }) => {
    if (waiting === null || screen === waiting) return;
    waiting = null;
    void cancel();
  });

  async function hear() {
    const { screen } = store.state();
    waiting = screen;
    try {
      const heard = await shell.call('hear_invitation', {
        spoken: readField(store, 'invitation'),
        address: readField(store, 'address'),
        again: readField(store, 'again') === 'yes',
      });
      if (store.state().screen !== screen) return;
      waiting = null;
      const { nick = '' } = store.state().form.values;
      openScreen(store, makeJoin({ step: 'heard', heard }), { nick });
    } catch (error) {
      if (store.state().screen === screen) refuse(store, error);
      return;
    } finally {
      if (waiting === screen) waiting = null;
    }
    await submit(() => followHeard(tools));
  }

  return {
    openSpoken: () => openSpoken(store),
    hearInvitation: () => submit(hear),
    cancelHearing: cancel,
    /** Looks at the room again. */
    followHeard: () => submit(() => followHeard(tools)),
  };
}

/**
 * @param {Store} store
 * @param {unknown} error
 */
function refuse({ dispatch }, error) {
  const code = readCode(error);
  // Not a mistake: a person wanted it.
  if (code === 'spoken-cancelled') {
    dispatch({ kind: 'toastShown', id: 'error-spoken-cancelled', tone: 'plain' });
    return;
  }
  dispatch({ kind: 'fieldChanged', field: 'paused', value: code === 'spoken-pause' ? 'yes' : '' });
  dispatch({ kind: 'fieldChanged', field: 'again', value: '' });
  throw error;
}
