// Where the keyboard is after a change of screen, an error or a dialog.

/**
 * @import { Screen } from './state/events.js'
 * @import { State } from './state/slices.js'
 */

/**
 * @param {HTMLElement} root
 * @returns {(state: State) => void} Call after each drawing.
 */
export function createFocus(root) {
  /** @type {State | null} */
  let before = null;
  /** @type {HTMLElement | null} */
  let opener = null;

  return (state) => {
    const dialog = root.querySelector('dialog');
    if (dialog !== null && !dialog.open) {
      opener = findActive();
      dialog.showModal();
      findElement(dialog, '[data-autofocus]')?.focus();
    } else if (dialog === null && opener !== null) {
      // What asked may be gone with the answer.
      if (opener.isConnected) opener.focus();
      else (findElement(root, '[data-autofocus]') ?? findElement(root, 'h1'))?.focus();
      opener = null;
    }

    if (before === null || identify(state.screen) !== identify(before.screen)) {
      (findElement(root, '[data-autofocus]') ?? findElement(root, 'h1'))?.focus();
    } else if (state.form.error !== null && state.form.error !== before.form.error) {
      (findElement(root, '[aria-invalid="true"]') ?? findElement(root, '[data-error]'))?.focus();
    } else if (state.dialog.form.error !== null && state.dialog.form.error !== before.dialog.form.error) {
      findElement(root, 'dialog [data-error]')?.focus();
    } else if (state.drawer !== before.drawer && state.drawer !== null) {
      findElement(root, `[data-drawer="${state.drawer}"] :is(button, [tabindex])`)?.focus();
    }
    before = state;
  };
}

/**
 * Walks from pane to pane, as F6 does.
 * @param {HTMLElement} root
 * @param {1 | -1} step
 */
export function walkPanes(root, step) {
  const panes = [...root.querySelectorAll('[data-pane]')].filter(isShown);
  const here = panes.findIndex((pane) => pane.contains(findActive()));
  const next = panes.at((here + step) % panes.length);
  if (next === undefined) return;
  const start = next.querySelector('[data-pane-start]');
  const findControl = () => [...next.querySelectorAll('button, input, textarea')].find(isShown);
  const to = start ?? (next.hasAttribute('tabindex') ? next : findControl());
  if (to instanceof HTMLElement) to.focus();
}

/** @param {Element} element */
function isShown(element) {
  return element.checkVisibility({ visibilityProperty: true });
}

/** @param {Screen} screen */
function identify(screen) {
  return [screen.name, 'step' in screen ? screen.step : '', 'room' in screen ? screen.room : ''].join(' ');
}

const findActive = () => (document.activeElement instanceof HTMLElement ? document.activeElement : null);

/**
 * @param {ParentNode} within
 * @param {string} selector
 */
function findElement(within, selector) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}
