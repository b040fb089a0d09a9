// Outside a locked room: what its owner and the one who knocks compare, and how long that goes on.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderConnection } from '../parts/connection.js';
import { renderKnockFuse } from '../parts/fuse.js';
import { renderIcon } from '../parts/icon.js';
import { renderRoomsButton } from '../parts/rooms_button.js';
import { formatDuration } from '../../format.js';

/**
 * @import { Knocking, KnockingState, LinkFault, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Knocking} knock
 */
export function renderKnocking(state, app, summary, knock) {
  const { t } = app;
  const waits = knock.state === 'waiting';
  const stopped = waits && summary.connection.kind === 'stopped';
  const title = stopped ? t('knocking-stopped-title') : t(`knocking-${knock.state}-title`);
  const lead = stopped ? '' : waits ? t('phase-knocking') : t(`knocking-${knock.state}`);
  return html`<main class="stage stage--lamp outside" data-pane data-test="knocking" data-state=${knock.state}>
    ${renderRoomsButton(state, app, 'stage__menu')}
    <div class="card knocking">
      <div class="knocking__head">
        <span class="emblem" aria-hidden="true">${renderIcon(SIGNS[knock.state])}</span>
        ${waits ? renderConnection(app, summary) : nothing}
      </div>
      <h1 tabindex="-1" data-pane-start data-test="room-title">${title}</h1>
      <p class="screen__lead" role="status" data-test="knocking-lead">${lead}</p>
      ${waits ? renderWaiting(state, app, summary, knock) : nothing}
      ${renderActions(app, summary, waits)}
    </div>
  </main>`;
}

/** @type {Record<KnockingState, IconName>} */
const SIGNS = { waiting: 'hand-fist', turnedAway: 'door-closed', over: 'hourglass' };

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Knocking} knock
 */
function renderWaiting(state, app, summary, knock) {
  const { connection } = summary;
  if (connection.kind === 'stopped') return renderFault(app, summary, connection.reason);
  return html`${knock.words.length === 0 ? nothing : renderWords(app, knock.words)}
    ${connection.kind === 'waiting'
      ? renderFault(app, summary, connection.reason)
      : renderOwner(app, summary, knock)}
    ${renderLeft(state, app, knock)}`;
}

/**
 * @param {App} app
 * @param {string[]} words
 */
function renderWords({ t }, words) {
  return html`<section class="knocking__words" aria-labelledby="knocking-words">
    <h2 class="overline" id="knocking-words">${t('knocking-words')}</h2>
    <ol class="words words--big selectable" data-test="knocking-words"
      >${words.map((word) => html`<li>${word}</li>`)}</ol>
    <p class="fine">${t('knocking-words-how')} ${t('knocking-words-different')}</p>
  </section>`;
}

/**
 * Whether anybody can answer. While this app is not connected itself, that is not known.
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Knocking} knock
 */
function renderOwner({ t }, { connection }, { ownerHere }) {
  const known = connection.kind === 'online';
  const said = !known ? '' : ownerHere ? t('knocking-owner-here') : t('knocking-owner-away');
  const dot = html`<span class="dot dot--${ownerHere ? 'good' : 'off'}"></span>`;
  return html`<p
    class="knocking__owner"
    role="status"
    data-test="knocking-owner"
    data-state=${ownerHere ? 'here' : 'away'}
  >${known ? dot : nothing}<span>${said}</span></p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {LinkFault} fault
 */
function renderFault({ t, actions }, { room, connection }, fault) {
  const stopped = connection.kind === 'stopped';
  const again = connection.kind === 'waiting'
    ? t('connection-retry', { seconds: connection.retryIn })
    : t('connection-no-retry');
  return html`<div class="notice notice--${stopped ? 'danger' : 'warn'}" role="status" data-region
    data-test="knocking-fault" data-state=${fault}
    >${renderIcon('wifi-off')}<p>${describeFault(t, fault)} ${again}</p
    ><button class="button button--small" data-test="retry-room" @click=${() => actions.retryRoom(room)}
    >${stopped ? t('try-again') : t('try-now')}</button></div>`;
}

/**
 * Who is outside has written nothing that could wait, and has no relay but the one that was named.
 * @param {App['t']} t
 * @param {LinkFault} fault
 */
function describeFault(t, fault) {
  if (fault === 'unreachable') return t('knocking-unreachable');
  return fault === 'misbehaved' ? t('knocking-misbehaved') : t(`fault-${fault}`);
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Knocking} knock
 */
function renderLeft({ now }, app, { endsAt }) {
  const { t } = app;
  const said = endsAt === null
    ? t('knocking-unsent')
    : t('knocking-left', { time: formatDuration(app, endsAt - now) });
  return html`<p class="knocking__left muted" data-test="knocking-left"
    >${endsAt === null ? nothing : renderKnockFuse(app, endsAt, now)}<span>${said}</span></p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {boolean} waits
 */
function renderActions({ t, actions }, { room }, waits) {
  const giveUp = () => actions.openDialog({ name: 'giveUp', room });
  const again = html`<button class="button button--primary" data-test="knock-again" @click=${() =>
    actions.retryRoom(room)}>${renderIcon('hand-fist')}${t('knock-again')}</button>`;
  return html`<div class="form__actions">
    ${waits ? nothing : again}
    <button class="button" data-test="give-up" @click=${giveUp}>${waits ? t('give-up') : t('remove-from-list')}</button>
  </div>`;
}
