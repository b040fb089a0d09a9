// Hides a sentence that confirms something after a moment; one that tells of an error stays until it is closed.

/**
 * @import { Store } from '../state/store.js'
 * @import { Toast } from '../state/toast.js'
 */

/** @param {Store} store */
export function createToastTimer({ state, dispatch }) {
  /** @type {Toast | null} */
  let shown = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return () => {
    const { toast } = state();
    if (toast === shown) return;
    shown = toast;
    clearTimeout(timer);
    if (toast?.tone === 'plain') timer = setTimeout(() => dispatch({ kind: 'toastHidden' }), SHOWN_MS);
  };
}

/** Long enough to be read. */
const SHOWN_MS = 6000;
