// How a room is served from this computer, and what can be done about it.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { describeHosting } from '../parts/hosting_text.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { Hosting, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Hosting} hosting
 */
export function renderHostingPanel(app, room, hosting) {
  const { t } = app;
  const failed = hosting.state === 'portTaken' || hosting.state === 'failed';
  return html`<section
    class="panel"
    aria-label=${t('reach-title')}
    data-region
    data-test="hosting"
    data-state=${hosting.state}
  >
    <h2 tabindex="-1">${t('reach-title')}</h2>
    ${failed ? renderError(app, hosting) : renderState(app, hosting)}
    ${hosting.state === 'running' ? renderReach(app, hosting) : nothing}
    ${failed ? nothing : renderAddresses(app, hosting)}
    <div class="form__actions">
      ${failed && hosting.file === null ? renderRenew(app, room) : nothing}
      ${failed || hosting.state === 'stopped' ? renderStart(app, room) : nothing}
    </div>
  </section>`;
}

/**
 * @param {App} app
 * @param {Hosting} hosting
 */
function renderError(app, hosting) {
  return html`<div class="notice notice--danger" role="alert" data-test="hosting-error"
    >${renderIcon('triangle-alert')}<p>${describeHosting(app, hosting)}</p></div>`;
}

/**
 * @param {App} app
 * @param {Hosting} hosting
 */
function renderState({ t }, { state, connected }) {
  const others = t('hosting-count', { count: connected });
  const count = html`<span class="reach__count" data-test="connected">${others}</span>`;
  const dot = state === 'running' ? 'good' : 'off';
  return html`<p class="reach"><span class="dot dot--${dot}"></span><span>${t(`hosting-${state}`)}</span>
          ${state === 'running' ? count : nothing}</p>`;
}

/**
 * Who can come, and who cannot.
 * @param {App} app
 * @param {Hosting} hosting
 */
function renderReach({ t }, { reach }) {
  const alone = reach === 'here';
  const [style, role, sign] = alone
    ? ['notice notice--warn', 'alert', /** @type {const} */ ('wifi-off')]
    : ['notice', 'status', /** @type {const} */ ('info')];
  return html`<div class=${style} role=${role} data-test="reach" data-state=${reach}
    >${renderIcon(sign)}<p>${t('hosting-reach', { reach })}</p></div>`;
}

/**
 * @param {App} app
 * @param {Hosting} hosting
 */
function renderAddresses({ t }, { addresses }) {
  const items = addresses.map((address) => html`<li><span dir="ltr" class="mono selectable">${address}</span></li>`);
  return html`<ul class="addresses">${items}</ul>
    <p class="fine">${t('reach-hint')}</p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderRenew({ t, actions }, { room }) {
  const ask = () => actions.openDialog({ name: 'renewAddress', room });
  return html`<button class="button" data-test="renew-address" @click=${ask}
    >${renderIcon('refresh-cw')}${t('hosting-renew')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderStart({ t, actions }, { room }) {
  return html`<button class="button" data-test="start-hosting" @click=${() => actions.startHosting(room)}
    >${renderIcon('power')}${t('hosting-start')}</button>`;
}
