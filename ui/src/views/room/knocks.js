// Who knocks at the owner's locked room, and the answer.

import { formatDuration } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { renderKnockFuse } from '../parts/fuse.js';
import { renderGlyph } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';
import { renderSpinner } from '../parts/spinner.js';
import { isWaiting } from '../../state/knocks.js';

/**
 * @import { Knock, RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
export function renderKnocks(state, app, summary, view) {
  const { t } = app;
  const { knocks, people, rules } = view;
  if (!view.owner || !view.takesKnocks || summary.phase !== 'locked') return nothing;
  const isFull = people.length >= rules.maxMembers;
  const waiting = knocks.filter(isWaiting).length;
  const rows = repeat(
    knocks,
    ({ knock }) => knock,
    (knock) => html`<li>${renderRow(state, app, summary, knock, isFull)}</li>`,
  );
  return html`<section class="knocks" aria-labelledby="knocks-title" data-region data-test="knocks">
    <h2 class="overline knocks__title" id="knocks-title" tabindex="-1" data-first=${waiting > 0 ? '' : nothing}
      >${t('knocks')}${waiting === 0 ? nothing : html` <span class="badge">${waiting}</span>`}</h2>
    ${knocks.length === 0 ? html`<p class="muted" data-test="knocks-none">${t('knocks-none')}</p>` : nothing}
    ${isFull && waiting > 0 ? renderFull(app) : nothing}
    ${knocks.length === 0 ? nothing : html`<ul class="knocks__list">${rows}</ul>`}
  </section>`;
}

/** @param {App} app */
function renderFull({ t }) {
  return html`<p class="notice notice--warn" role="status" id="knocks-full" data-test="knocks-full"
    >${renderIcon('users')}<span>${t('knocks-full')}</span></p>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Knock} knock
 * @param {boolean} isFull
 */
function renderRow(state, app, summary, knock, isFull) {
  const { t } = app;
  const { nick, note, words, ambiguous } = knock;
  const waits = isWaiting(knock);
  return html`<div class="knock" data-test="knock-row" data-state=${knock.state} data-knock=${knock.knock}>
    <div class="knock__head">
      ${renderGlyph(knock)}
      <b class="knock__nick"><bdi>${nick}</bdi></b>
      ${waits ? renderLeft(state, app, knock) : nothing}
    </div>
    ${ambiguous ? renderWarning(app) : nothing}
    ${note === '' ? nothing : html`<p class="knock__note" dir="auto" data-test="knock-note">${note}</p>`}
    ${waits
      ? html`<ol class="words" aria-label=${t('knock-words', { nick })} data-test="knock-words"
          >${words.map((word) => html`<li>${word}</li>`)}</ol>
          ${renderAnswer(app, summary, knock, isFull)}`
      : renderAdmission(state, app, knock)}
  </div>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Knock} knock
 */
function renderLeft({ now }, app, { endsAt }) {
  const time = formatDuration(app, endsAt - now);
  return html`<span class="knock__left" data-test="knock-left"
    >${renderKnockFuse(app, endsAt, now)}<span aria-hidden="true">${time}</span></span>`;
}

/** @param {App} app */
function renderWarning({ t }) {
  return html`<p class="member__warning" data-test="ambiguous"
    >${renderIcon('triangle-alert')}${t('knock-ambiguous')}</p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Knock} knock
 * @param {boolean} isFull
 */
function renderAnswer({ t, actions }, { room }, { knock, nick, state }, isFull) {
  const hint = `unproven-${knock}`;
  const isUnreached = state === 'unreached';
  const ask = () => actions.openDialog({ name: 'letIn', room, knock, nick });
  return html`<p class="fine" id=${hint}>${isUnreached ? t('knock-unreached') : t('knock-unproven')}</p>
    <div class="knock__answer">
      <button
        class="button button--small knocks-button"
        ?disabled=${isFull || isUnreached}
        aria-label=${t('let-in-label', { nick })}
        aria-describedby=${isFull && !isUnreached ? 'knocks-full' : hint}
        data-test="let-in"
        @click=${ask}
      >${renderIcon('door-open')}${t('let-in')}</button>
      <button
        class="button button--small"
        ?disabled=${isUnreached}
        aria-label=${t('turn-away-label', { nick })}
        data-test="turn-away"
        @click=${() => actions.turnAway(room, knock)}
      >${t('turn-away')}</button>
    </div>`;
}

/**
 * Somebody who was let in and has not appeared yet.
 * @param {State} state
 * @param {App} app
 * @param {Knock} knock
 */
function renderAdmission({ now }, app, { state, endsAt }) {
  const { t } = app;
  const said = state === 'admitting'
    ? t('knock-admitting')
    : t('knock-admitted', { time: formatDuration(app, endsAt - now) });
  return html`<p class="knock__admission"
    >${state === 'admitting' ? renderSpinner() : renderKnockFuse(app, endsAt, now)}<span>${said}</span></p>`;
}
