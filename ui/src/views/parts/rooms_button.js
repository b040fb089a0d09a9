import { findRoom } from '../../state/screen.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * Folds the list of rooms out, where the window is too narrow for it, and says how many knock at other rooms.
 * @param {State} state
 * @param {App} app
 * @param {string} look
 */
export function renderRoomsButton({ drawer, knocks, screen }, { t, actions }, look) {
  const here = findRoom(screen);
  const waiting = Object.entries(knocks.waiting).filter(([room]) => room !== here);
  const count = waiting.reduce((sum, [, names]) => sum + names.length, 0);
  const label = count === 0 ? t('open-rooms') : t('open-rooms-knocks', { count });
  const badge = count === 0 ? nothing : html`<span class="badge" aria-hidden="true">${count}</span>`;
  return html`<button
    class="icon-button rooms-button ${look}"
    aria-label=${label}
    title=${label}
    aria-expanded=${drawer === 'sidebar' ? 'true' : 'false'}
    data-opens="sidebar"
    data-test="open-sidebar"
    @click=${() => actions.toggleDrawer('sidebar')}
  >${renderIcon('menu')}${badge}</button>`;
}
