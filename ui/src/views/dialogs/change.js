// What the owner of a room can change later: title, note, times, places, and who may erase it.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit, submitWith } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { renderErasers, renderIdle, renderLifetimes, renderSizes } from '../parts/rule_choices.js';
import { renderTextField } from '../parts/text_field.js';
import { formatTitle } from '../parts/title.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'changeRoom' }>} dialog
 */
export function renderChangeRoom(state, app, dialog) {
  const { t, actions } = app;
  const { form } = state.dialog;
  const fill = actions.fillDialog;
  const summary = state.rooms.find(({ room }) => room === dialog.room);
  const title = { name: 'title', label: t('room-title'), hint: t('room-title-hint'), maxBytes: 64 };
  const note = { name: 'note', label: t('room-note'), hint: t('room-note-hint'), maxBytes: 512, area: true };
  const button = { label: t('change-submit'), busy: t('change-busy'), test: 'confirm' };
  return html`<h2 id="dialog-title">${t('change-title', { room: summary ? formatTitle(app, summary) : '' })}</h2>
    <form class="form" data-test="change-form" @submit=${submitWith(() => void actions.changeRoom(dialog))}>
      ${renderFormError(app, form, FIELDS)}
      ${waitsAlready(state, dialog.room) ? renderWaits(app) : nothing}
      ${renderTextField(app, form, { ...title, fill, autofocus: true })}
      ${renderTextField(app, form, { ...note, fill })}
      ${renderLifetimes(app, form, { fill, hint: t('change-lifetime-hint') })}
      ${renderIdle(app, form, { fill })}
      ${renderSizes(app, form, { fill })}
      ${renderErasers(app, form, { fill })}
      <p class="fine">${t('change-seen')}</p>
      <div class="dialog__actions">
        <button
          class="button"
          type="button"
          ?disabled=${form.busy}
          data-test="cancel"
          @click=${actions.closeDialog}
        >${t('cancel')}</button>
        ${renderSubmit(form, button)}
      </div>
    </form>`;
}

/** Their errors stand beside them. */
const FIELDS = ['title', 'note', 'maxMembers'];

/**
 * Whether what is shown will be changed already once the relay is reached.
 * @param {State} state
 * @param {string} room
 */
function waitsAlready({ room: open }, room) {
  return open?.room === room && open.view?.waiting.some(({ kind }) => kind === 'change') === true;
}

/** @param {App} app */
function renderWaits({ t }) {
  return html`<div class="notice notice--warn" data-test="change-waits"
    >${renderIcon('hourglass')}<p>${t('change-waits')}</p></div>`;
}
