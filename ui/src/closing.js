// Says to the shell that the question whether to close is on the screen: it closes a window whose page does not ask.

/**
 * @import { Shell } from './shell.js'
 * @import { Dialog } from './state/dialog.js'
 * @import { State } from './state/slices.js'
 */

/**
 * @param {Shell} shell
 * @param {HTMLElement} root
 * @returns {(state: State) => void} Call after each drawing.
 */
export function createClosing(shell, root) {
  /** The question that the shell knows of. @type {Dialog | null} */
  let asked = null;
  return ({ dialog: { shown } }) => {
    // Each press of the close button brings another one, and each is waited for.
    if (shown?.name !== 'close' || shown === asked || !root.querySelector('dialog')?.open) return;
    asked = shown;
    void shell.call('asks_to_close');
  };
}
