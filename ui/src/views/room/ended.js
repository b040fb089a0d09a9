// What is left of a room that has ended for everybody: what ended it, and the way off the list.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderRoomsButton } from '../parts/rooms_button.js';
import { formatTitle } from '../parts/title.js';
import { renderBurned } from './burned.js';

/**
 * @import { Ended, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Ended} ended
 */
export function renderEnded(state, app, summary, ended) {
  const { t, actions } = app;
  const { burned } = summary;
  // For the others it goes on.
  const isHereOnly = ended === 'erasedHere';
  const title = t(isHereOnly ? 'ended-title-erasedHere' : 'ended-title', { room: formatTitle(app, summary) });
  // Only whoever erased it is told who confirms that.
  const why = burned === null ? t(`ended-${ended}`) : t('ended-erased-own');
  return html`<main class="stage stage--lamp ended" data-pane data-test="ended" data-state=${ended}>
    ${renderRoomsButton(state, app, 'stage__menu')}
    <div class="card card--narrow">
      <span class="emblem" aria-hidden="true">${renderIcon(SIGNS[ended])}</span>
      <h1 tabindex="-1" data-pane-start data-test="room-title">${title}</h1>
      <p class="screen__lead" role="alert" data-test="ended-why">${why}</p>
      ${burned === null ? nothing : renderBurned(app, burned)}
      <ul class="points">
        <li>${burned === null ? t('ended-left') : t('ended-left-own')}</li>
        ${burned !== null && ended === 'erasedByMember' ? html`<li>${t('ended-asked')}</li>` : nothing}
        ${burned === null && !isHereOnly ? html`<li>${t('ended-others')}</li>` : nothing}
      </ul>
      <div class="form__actions"><button
        class="button"
        data-test="dismiss"
        @click=${() => actions.dismiss(summary.room)}
      >${t('ended-dismiss')}</button></div>
    </div>
  </main>`;
}

/** @type {Record<Ended, IconName>} */
const SIGNS = {
  closedByOwner: 'door-closed',
  erasedByOwner: 'flame',
  erasedByMember: 'flame',
  idle: 'moon',
  erasedHere: 'log-out',
};
