// Whether this computer serves the room, beside the people whom it serves.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Hosting, HostingReach, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Hosting} hosting
 */
export function renderHostingCard(app, summary, { state, connected, reach }) {
  const { t } = app;
  const running = state === 'running' || state === 'starting';
  const count = running ? t('hosting-count', { count: connected }) : t('hosting-not-serving');
  return html`<div class="hosting-card" data-region data-test="hosting-card" data-state=${state}>
    <span class="dot dot--${running ? 'good' : 'bad'}"></span>
    <div><b>${t(`hosting-short-${state}`)}</b><p class="fine">${count}</p>
      ${running ? renderReach(app, reach) : nothing}</div>
    ${running ? renderStop(app, summary) : renderStart(app, summary)}
  </div>`;
}

/**
 * @param {App} app
 * @param {HostingReach} reach
 */
function renderReach({ t }, reach) {
  return html`<p class="fine" data-test="reach" data-state=${reach}>${t('hosting-reach-short', { reach })}</p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderStop({ t, actions }, { room }) {
  const ask = () => actions.openDialog({ name: 'stopHosting', room });
  return html`<button class="button button--small" data-test="stop-hosting" @click=${ask}
    >${t('hosting-stop-short')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderStart({ t, actions }, { room }) {
  return html`<button class="button button--small" data-test="start-hosting" @click=${() => actions.startHosting(room)}
    >${t('hosting-start-short')}</button>`;
}
