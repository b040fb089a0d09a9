// Draws the state whenever it has changed.

import { createClosing } from './closing.js';
import { createEffects } from './effects.js';
import { createFocus } from './focus.js';
import { createScroll } from './scroll.js';
import { render } from './vendor/lit-html/lit-html.js';
import { renderApp } from './views/app.js';
import { isAtDoor } from './views/door.js';

/**
 * @import { App } from '../types/app.js'
 * @import { Shell } from './shell.js'
 * @import { Store } from './state/store.js'
 * @import { Inside } from './views/app.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 * @param {HTMLElement} root
 * @param {App} app
 */
export function createDrawing(store, shell, root, app) {
  const follow = createEffects(store, shell);
  const keepScroll = createScroll(root);
  const keepFocus = createFocus(root);
  const settleClosing = createClosing(shell, root);
  /** @type {Inside | null} */
  let inside = null;
  /** @type {Promise<void> | undefined} */
  let loading;

  /** Draws the present state, after asking for what it lacks. */
  const draw = () => {
    follow();
    const state = store.state();
    if (inside === null && !isAtDoor(state)) {
      // The door stays in sight until there is something behind it.
      loadInside();
      return;
    }
    const settleScroll = keepScroll(state);
    const settleFocus = keepFocus();
    render(renderApp(state, app, inside), root);
    settleScroll();
    settleFocus(state);
    settleClosing(state);
  };

  // Half of the modules draw what is behind the door. They come after the first screen, which would wait for them.
  const loadInside = () => {
    loading ??= import('./views/inside.js').then((views) => {
      inside = views;
      draw();
    });
  };
  return { draw, loadInside };
}

/**
 * @param {Store} store
 * @param {() => void} draw
 */
export function redrawOnChange(store, draw) {
  let scheduled = false;
  store.subscribe((state, before) => {
    if (state.theme !== before.theme) document.documentElement.dataset['theme'] = state.theme;
    if (scheduled) return;
    scheduled = true;
    // A microtask and not an animation frame: a hidden WebKitGTK window never gets one.
    queueMicrotask(() => {
      scheduled = false;
      draw();
    });
  });
}
