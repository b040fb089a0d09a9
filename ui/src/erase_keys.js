// The keys that erase this computer, wherever the focus is: in a dialog, in a text, before there is a vault.

/** @import { Actions } from './actions.js' */

/** @param {Actions} actions */
export function installEraseKeys(actions) {
  const listen = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Backspace' || !event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    // A key that is held is pressed once.
    if (!event.repeat) actions.pressErase();
  };
  // On the way down: nothing below keeps it from being heard.
  window.addEventListener('keydown', listen, { capture: true });
}
