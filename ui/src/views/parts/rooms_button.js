import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Drawer } from '../../state/drawer.js'
 */

/**
 * Folds the list of rooms out, where the window is too narrow for it.
 * @param {App} app
 * @param {Drawer} drawer
 * @param {string} look
 */
export function renderRoomsButton({ t, actions }, drawer, look) {
  return html`<button
    class="icon-button ${look}"
    aria-label=${t('open-rooms')}
    title=${t('open-rooms')}
    aria-expanded=${drawer === 'sidebar' ? 'true' : 'false'}
    data-opens="sidebar"
    data-test="open-sidebar"
    @click=${() => actions.toggleDrawer('sidebar')}
  >${renderIcon('menu')}</button>`;
}
