// What stands in the place of a conversation that is shut: the question whether to erase it here, or that it is gone.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderGlyph } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';
import { formatTitle } from '../parts/title.js';

/**
 * @import { EraseAsked, RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view
 */
export function renderShut(app, summary, view) {
  const { eraseAsked } = summary;
  return eraseAsked === null ? renderGone(app) : renderQuestion(app, summary, view, eraseAsked);
}

/** @param {App} app */
function renderGone({ t }) {
  return html`<section class="shut" tabindex="0" data-pane data-test="room-erasing">
    <div class="empty">
      <span class="emblem" aria-hidden="true">${renderIcon('flame')}</span>
      <p>${t('erasing-gone')}</p>
    </div>
  </section>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view
 * @param {EraseAsked} asked
 */
function renderQuestion(app, summary, view, { by, member }) {
  const { t, actions } = app;
  const { room } = summary;
  const answer = (/** @type {boolean} */ erases) => () => void actions.answerErasure(room, erases);
  return html`<section class="shut" aria-labelledby="erase-asked-title" data-pane data-region data-test="erase-asked">
    <div class="card card--narrow">
      <div role="alert">
        <h2 id="erase-asked-title" tabindex="-1" data-autofocus data-pane-start
          >${t('erase-asked-title', { room: formatTitle(app, summary) })}</h2>
        ${renderAsker(app, view, by, member)}
      </div>
      <div class="prose">
        <p>${t('erase-asked-unsure')}</p>
        <ul class="points">
          <li id="erase-asked-erase">${t('erase-asked-erase')}</li>
          <li id="erase-asked-keep">${t('erase-asked-keep')}</li>
        </ul>
      </div>
      <div class="dialog__actions">
        <button class="button" aria-describedby="erase-asked-keep" data-test="erasure-keep" @click=${answer(false)}
          >${t('keep')}</button>
        <button
          class="button button--danger"
          aria-describedby="erase-asked-erase"
          data-test="erasure-erase"
          @click=${answer(true)}
        >${renderIcon('flame')}${t('erase-asked-confirm')}</button>
      </div>
    </div>
  </section>`;
}

/**
 * Who asked. The name proves nothing; shape and colour do, as far as the relay shows the people truly.
 * @param {App} app
 * @param {RoomView | null} view
 * @param {string} by
 * @param {string} member
 */
function renderAsker({ t }, view, by, member) {
  const person = view?.people.find((one) => one.member === member);
  const isGone = view !== null && person === undefined;
  return html`<div class="shut__asker" data-test="erase-asked-by">
    ${person === undefined ? nothing : renderGlyph(person)}
    <div>
      <p>${t('erase-asked-by', { nick: by })}</p>
      ${isGone ? html`<p class="fine">${t('erase-asked-left')}</p>` : nothing}
      ${person?.ambiguous ? html`<p class="fine">${t('ambiguous-hint')}</p>` : nothing}
    </div>
  </div>`;
}
