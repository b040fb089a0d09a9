import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/** @import { App } from '../../../types/app.js' */

/**
 * One button with two meanings: whoever pressed it is still on it.
 * @param {App} app
 * @param {string} room
 * @param {boolean} locked
 */
export function renderLock({ t, actions }, room, locked) {
  return html`<button
    type="button"
    class="button button--small"
    data-test=${locked ? 'unlock-room' : 'lock-room'}
    @click=${() => (locked ? actions.unlockRoom(room) : actions.lockRoom(room))}
  >${renderIcon(locked ? 'lock-open' : 'lock')}${locked ? t('unlock-room') : t('lock-room')}</button>`;
}
