// The room that an invitation leads to is on this computer already.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderKnown({ t, actions }, room) {
  const open = () => actions.openKnown(room);
  return html`<div class="notice" role="status" data-test="known">${renderIcon('info')}<p>${t('join-known')}</p
    ><button type="button" class="button button--small" data-test="open-known" @click=${open}
    >${t('join-open')}</button></div>`;
}
