// The invitation that is read aloud: a number and three words in large type, and what became of each.

import { formatDuration } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { renderFormError } from '../parts/form.js';
import { renderKnockFuse } from '../parts/fuse.js';
import { renderIcon } from '../parts/icon.js';
import { renderSpinner } from '../parts/spinner.js';

/**
 * @import { RoomSummary, RoomView, SpokenOpen, SpokenState } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/** As many of a room can be open, or have had wrong words that nobody has looked at (protocol 5). */
const MOST = 3;

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary | undefined} room
 * @param {RoomView | null} view Null while the room was not read.
 */
export function renderSpoken(state, app, room, view) {
  if (room === undefined || view === null) return nothing;
  const locked = room.phase === 'locked';
  if (!locked && room.phase !== 'open' && room.phase !== 'awaitingConfirmation') return nothing;
  const { t } = app;
  const entries = repeat(
    view.spoken,
    ({ id }) => id,
    (one) => html`<li>${renderEntry(state, app, room, one)}</li>`,
  );
  return html`<section class="invite__form" aria-labelledby="spoken-title" data-region data-test="spoken">
    <h2 class="overline" id="spoken-title" tabindex="-1">${t('spoken-title')}</h2>
    ${locked && !(view.owner && view.takesKnocks)
      ? html`<p class="fine" data-test="spoken-locked">${t('spoken-locked')}</p>`
      : renderOffer(state, app, room, view)}
    <ul class="spoken__list" aria-live="polite" aria-relevant="additions">${entries}</ul>
  </section>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
function renderOffer({ form }, app, { room }, { spoken }) {
  const { t, actions } = app;
  const most = spoken.filter(({ state }) => COUNTS.includes(state)).length >= MOST;
  const label = spoken.some(({ state }) => state === 'waiting') ? t('spoken-another') : t('spoken-say');
  const content = form.busy
    ? html`${renderSpinner()}<span role="status">${t('spoken-busy')}</span>`
    : html`${renderIcon('speech')}${label}`;
  return html`<div class="invite__row invite__row--said"
      ><p class="fine" id="spoken-hint">${most ? t('spoken-most') : t('spoken-offer')}</p
      ><button
        class="button button--small"
        ?disabled=${form.busy || most}
        aria-describedby="spoken-hint"
        data-test="speak"
        @click=${() => actions.speakInvitation(room)}
      >${content}</button></div>
    ${renderFormError(app, form, [])}`;
}

/** Those that count. @type {SpokenState[]} */
const COUNTS = ['waiting', 'inUse', 'wrongWords'];

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {SpokenOpen} spoken
 */
function renderEntry({ now }, app, { room }, spoken) {
  const { t, actions } = app;
  const { id, number, words, address, endsAt, state } = spoken;
  const isOpen = state === 'waiting' || state === 'inUse';
  const label = isOpen ? t('spoken-withdraw') : t('spoken-dismiss');
  const where = html`<p class="spoken__where"
    >${t('spoken-where')} <b class="mono selectable" dir="ltr" data-test="spoken-where">${address}</b></p>`;
  return html`<div class="spoken" data-test="spoken-entry" data-state=${state}>
    <p class="spoken__say selectable" dir="ltr" data-test="spoken-words"
      ><span class="spoken__number">${number}</span> ${words.map((word) => html`<span>${word} </span>`)}</p>
    ${isOpen ? where : nothing}
    <div class="spoken__foot">
      <p class="spoken__state" role="status"
        >${state === 'inUse' ? renderSpinner() : renderIcon(SIGNS[state])}<span>${t(`spoken-state-${state}`)}</span></p>
      ${isOpen ? renderLeft(app, endsAt, now) : nothing}
      <button
        class="button button--small"
        aria-label="${label} ${number}"
        data-test="withdraw-spoken"
        @click=${() => actions.withdrawSpoken(room, id)}
      >${label}</button>
    </div>
  </div>`;
}

/** @type {Record<SpokenState, IconName>} */
const SIGNS = {
  waiting: 'hourglass',
  inUse: 'hourglass',
  handedOver: 'circle-check',
  wrongWords: 'triangle-alert',
  crowded: 'triangle-alert',
  ended: 'clock',
};

/**
 * @param {App} app
 * @param {number} endsAt
 * @param {number} now
 */
function renderLeft(app, endsAt, now) {
  const time = formatDuration(app, endsAt - now);
  return html`<span class="knock__left" data-test="spoken-left"
    >${renderKnockFuse(app, endsAt, now)}<span aria-hidden="true">${time}</span></span>`;
}
