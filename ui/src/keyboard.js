// Keys that work everywhere.

import { isOfInputMethod } from './composition.js';
import { walkPanes } from './focus.js';
import { isOpen } from './state/vault.js';

/**
 * @import { Actions } from './actions.js'
 * @import { Store } from './state/store.js'
 */

/**
 * @param {Store} store
 * @param {Actions} actions
 */
export function installKeyboard(store, actions) {
  document.addEventListener('keydown', (event) => {
    if (isOfInputMethod(event) || event.defaultPrevented) return;
    const { dialog, drawer, vault } = store.state();
    const unlocked = isOpen(vault.state);

    if (event.key === 'k' && (event.ctrlKey || event.metaKey) && unlocked) {
      event.preventDefault();
      if (dialog.shown === null) actions.openDialog({ name: 'switcher' });
    } else if (event.key === 'F6' && dialog.shown === null) {
      event.preventDefault();
      walkPanes(document.body, event.shiftKey ? -1 : 1);
    } else if (event.key === 'Escape' && dialog.shown === null && drawer !== null) {
      actions.toggleDrawer(null);
    } else if (event.key === 'Escape' && dialog.shown === null && unlocked && isHearing(store)) {
      void actions.cancelHearing();
    } else if (event.key === 'Escape' && dialog.shown === null && unlocked && canGoBack(store)) {
      actions.goBack();
    } else if (event.target instanceof HTMLElement) {
      rove(event, event.target);
    }
  });
}

/** Whether the other side is waited for. @param {Store} store */
function isHearing(store) {
  const { screen, form } = store.state();
  return screen.name === 'join' && screen.step === 'spoken' && form.busy;
}

/** @param {Store} store */
function canGoBack(store) {
  const { screen, form } = store.state();
  // Nothing was sent from a screen that only reads.
  if (screen.name === 'invite' || screen.name === 'settings') return true;
  return ['host', 'create', 'join'].includes(screen.name) && !form.busy;
}

/**
 * Arrow keys move within a list that is one stop of the tab order.
 * @param {KeyboardEvent} event
 * @param {HTMLElement} from
 */
function rove(event, from) {
  const list = from.closest('[data-roving]');
  if (list === null || !from.matches('[data-rover]')) return;
  const rovers = [...list.querySelectorAll('[data-rover]')];
  const here = rovers.indexOf(from);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rovers.length - 1 }[event.key];
  const to = next === undefined ? undefined : rovers[next];
  if (!(to instanceof HTMLElement)) return;
  event.preventDefault();
  to.focus();
}
