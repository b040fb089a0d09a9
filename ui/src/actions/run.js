// How actions run: where it shows that one is at work, and where what went wrong is said.

/**
 * @import { CommandError, ErrorCode, Slip } from '../../generated/api.js'
 * @import { Shell } from '../shell.js'
 * @import { Store } from '../state/store.js'
 * @typedef {ReturnType<typeof createTools>} Tools What every action is made of.
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createTools(store, shell) {
  const { dispatch } = store;

  /**
   * Runs what a form asks for; its errors stay beside its fields. Work that opens another screen is done with that.
   * @param {() => Promise<void>} work
   */
  async function submit(work) {
    if (store.state().form.busy) return;
    const asked = Symbol('work');
    dispatch({ kind: 'formStarted', work: asked });
    try {
      await work();
      dispatch({ kind: 'formFinished', work: asked });
    } catch (error) {
      dispatch({ kind: 'formFailed', code: readCode(error), slip: readSlip(error), work: asked });
    }
  }

  /**
   * Runs what a dialog confirms; the dialog stays open with the reason if it fails.
   * @param {() => Promise<void>} work
   */
  async function confirm(work) {
    const { shown, form } = store.state().dialog;
    if (form.busy) return;
    dispatch({ kind: 'dialogStarted' });
    // Another question may have come over it meanwhile, which this does not answer.
    const isAsked = () => store.state().dialog.shown === shown;
    try {
      await work();
      if (isAsked()) dispatch({ kind: 'dialogClosed' });
    } catch (error) {
      const code = readCode(error);
      dispatch(isAsked() ? { kind: 'dialogFailed', code } : { kind: 'toastShown', id: `error-${code}`, tone: 'error' });
    }
  }

  /**
   * Runs something that has no form; its error is shown for a moment.
   * @param {() => Promise<void>} work
   */
  async function attempt(work) {
    try {
      await work();
    } catch (error) {
      dispatch({ kind: 'toastShown', id: `error-${readCode(error)}`, tone: 'error' });
    }
  }

  return { store, shell, submit, confirm, attempt };
}

/**
 * @param {unknown} error What a command was rejected with.
 * @returns {ErrorCode}
 */
export function readCode(error) {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return /** @type {ErrorCode} */ (error.code);
  }
  // Not an answer of the engine, so a mistake of ours: whoever looks at the console has to see it.
  console.error(error);
  return 'internal';
}

/**
 * @param {unknown} error What a command was rejected with.
 * @returns {Slip | null} Where an invitation is wrong, if that was said.
 */
function readSlip(error) {
  return typeof error === 'object' && error !== null && 'slip' in error
    ? /** @type {CommandError} */ (error).slip
    : null;
}
