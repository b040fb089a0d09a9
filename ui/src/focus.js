// Where the keyboard is: after a change of screen, an error or a dialog, and when what had the focus is gone.

/**
 * @import { Screen } from './state/events.js'
 * @import { State } from './state/slices.js'
 *
 * @typedef {object} Place
 * @property {HTMLElement} element
 * @property {HTMLElement[]} around What it stands in, the nearest first. Once it is off the page it does not know.
 */

/**
 * @param {HTMLElement} root
 * @returns {() => (state: State) => void} Call before each drawing, and what that returns after it.
 */
export function createFocus(root) {
  /** @type {State | null} */
  let before = null;
  /** What has the focus, or had it until it was disabled. @type {Place | null} */
  let held = null;
  /** What had it when the dialog came. @type {Place | null} */
  let opener = null;
  let wasAsking = false;

  return () => {
    held = findHeld(held);
    return (state) => {
      const dialog = root.querySelector('dialog');
      if (dialog !== null && !dialog.open) {
        opener = held;
        dialog.showModal();
        findElement(dialog, '[data-autofocus]')?.focus();
      } else if (dialog === null && wasAsking) {
        // What asked may be gone with the answer.
        held = opener ?? { element: root, around: [] };
      }
      wasAsking = dialog !== null;
      if (!follow(root, state, before)) settle(root, held);
      // What is chosen in a list has no focus that would bring it into sight.
      if (state.dialog.form.values !== before?.dialog.form.values) {
        dialog?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
      }
      before = state;
    };
  };
}

/**
 * What has the focus before a drawing. What was disabled, as while a form is at work, lost it without anybody's wish;
 * what was left for nothing, as by a press on the ground, did not.
 * @param {Place | null} held
 * @returns {Place | null}
 */
function findHeld(held) {
  const element = findActive();
  if (element !== null) return { element, around: listAround(element) };
  return held === null || isUsable(held.element) ? null : held;
}

/** @param {HTMLElement} element */
function listAround(element) {
  const around = [];
  for (let part = element.parentElement; part !== null; part = part.parentElement) around.push(part);
  return around;
}

/**
 * Goes where a change of the state leads.
 * @param {HTMLElement} root
 * @param {State} state
 * @param {State | null} before
 * @returns {boolean} Whether it leads anywhere.
 */
function follow(root, state, before) {
  const go = (/** @type {HTMLElement | null} */ to) => {
    to?.focus();
    return to !== null;
  };
  if (before === null || identify(state.screen) !== identify(before.screen)) {
    return go(findElement(root, '[data-autofocus]') ?? findElement(root, 'h1'));
  }
  if (state.form.error !== null && state.form.error !== before.form.error) {
    return go(findElement(root, '[aria-invalid="true"]') ?? findElement(root, '[data-error]'));
  }
  if (state.dialog.form.error !== null && state.dialog.form.error !== before.dialog.form.error) {
    return go(findElement(root, 'dialog [aria-invalid="true"]') ?? findElement(root, 'dialog [data-error]'));
  }
  if (state.drawer !== before.drawer && state.drawer !== null) {
    const drawer = `[data-drawer="${state.drawer}"]`;
    return go(findUsable(root, `${drawer} [data-first]`) ?? findUsable(root, `${drawer} :is(button, [tabindex])`));
  }
  // A drawer that a choice in it closed leads on; one that was folded in leads back.
  if (state.drawer !== before.drawer && state.screen === before.screen && isLost()) {
    return go(findUsable(root, `[data-opens="${before.drawer}"]`));
  }
  return false;
}

/**
 * Finds another place if the one that had the focus was taken away by the drawing.
 * @param {HTMLElement} root
 * @param {Place | null} held
 */
function settle(root, held) {
  if (held === null || !isLost()) return;
  // It comes back with the answer, and so does the focus.
  if (isShown(held.element) && held.element.matches(':disabled')) return;
  // Coming back takes nobody to another place: the timeline may have been read on.
  if (isUsable(held.element) && held.element !== root) held.element.focus({ preventScroll: true });
  else findNearest(root, held)?.focus();
}

/**
 * Where one goes on when a button is gone that was pressed: in what it stood in, if that is a thing of its own.
 * @param {HTMLElement} root
 * @param {Place} held
 */
function findNearest(root, { around }) {
  const region = around.find((part) => part.matches('[data-region], [data-drawer], dialog, main') && isUsable(part));
  const starts = [
    ...['[data-autofocus]', '[data-pane-start]', '[data-settle]', ':is(h1, h2)[tabindex]'],
    'button, input, [tabindex="0"]',
  ];
  for (const part of [region, root.querySelector('main'), root]) {
    for (const start of part ? starts : []) {
      const found = findUsable(part ?? root, start);
      if (found !== null) return found;
    }
  }
  return null;
}

/** Whether nothing has the focus that can be seen and used. */
function isLost() {
  const active = findActive();
  return active === null || !isUsable(active);
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

/** @param {Element} element */
function isUsable(element) {
  return isShown(element) && !element.matches(':disabled');
}

/** @param {Screen} screen */
function identify(screen) {
  return [screen.name, 'step' in screen ? screen.step : '', 'room' in screen ? screen.room : ''].join(' ');
}

/** What has the focus; the page itself is nothing. */
function findActive() {
  const { activeElement, body } = document;
  return activeElement instanceof HTMLElement && activeElement !== body ? activeElement : null;
}

/**
 * @param {ParentNode} within
 * @param {string} selector
 */
function findElement(within, selector) {
  const found = within.querySelector(selector);
  return found instanceof HTMLElement ? found : null;
}

/**
 * The first that can be seen and used.
 * @param {ParentNode} within
 * @param {string} selector
 */
function findUsable(within, selector) {
  const found = [...within.querySelectorAll(selector)].find(isUsable);
  return found instanceof HTMLElement ? found : null;
}
