import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/** @import { App } from '../../../types/app.js' */

/**
 * The way out of a door that stays locked.
 * @param {App} app
 * @param {string} room
 */
export function renderMoveButton({ t, actions }, room) {
  return html`<button
    type="button"
    class="button button--small"
    data-test="move-from-door"
    @click=${() => actions.openMove(room)}
  >${renderIcon('signpost')}${t('move-room')}</button>`;
}
