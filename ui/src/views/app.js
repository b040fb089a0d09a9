// The whole window: which screen, the list of rooms beside it, and what lies on top.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { isAtDoor, renderDoor } from './door.js';
import { renderEraseStrip } from './parts/erase_button.js';
import { renderToast } from './toast.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 * @typedef {typeof import('./inside.js')} Inside
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Inside | null} inside Null while it has not come; then only the door can be drawn.
 */
export function renderApp(state, app, inside) {
  const { screen, rooms, drawer } = state;
  const alone = isAtDoor(state) || (screen.name !== 'room' && rooms.length === 0);
  const look = alone ? 'window' : 'window window--sidebar';
  return html`<div class=${look} data-screen=${screen.name} data-test="screen-${screen.name}">
      ${alone ? nothing : inside?.renderSidebar(state, app)}
      ${drawer === null ? nothing : renderScrim(app)}
      ${isAtDoor(state) ? renderDoor(state, app) : inside?.renderScreen(state, app)}
    </div>
    ${renderEraseStrip(state, app)}
    ${inside?.renderDialog(state, app)} ${inside?.renderKnockNews(state, app)} ${renderToast(state, app)}`;
}

/**
 * Pressing beside a drawer folds it in.
 * @param {App} app
 */
function renderScrim({ t, actions }) {
  const close = () => actions.toggleDrawer(null);
  return html`<button class="scrim" tabindex="-1" aria-label=${t('close-drawer')} @click=${close}></button>`;
}
