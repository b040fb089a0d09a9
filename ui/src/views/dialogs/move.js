// Moving a room to another place with a new code, and taking that back.

import { formatDuration } from '../../format.js';
import { hasDraft } from '../../state/unsent.js';
import { html } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { formatList } from '../parts/list.js';
import { renderSegments } from '../parts/rule_choices.js';
import { readSecret, renderSecretField } from '../parts/secret_field.js';
import { renderTextField } from '../parts/text_field.js';
import { formatTitle } from '../parts/title.js';
import { renderQuestion } from './question.js';

/**
 * @import { RoomHandle, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { Form } from '../../state/fields.js'
 * @import { State } from '../../state/slices.js'
 *
 * @typedef {Extract<Dialog, { name: 'moveRoom' }>} MoveDialog
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {MoveDialog} dialog
 */
export function renderMoveRoom(state, app, dialog) {
  const { t, actions } = app;
  const { form } = state.dialog;
  const summary = state.rooms.find(({ room }) => room === dialog.room);
  const here = form.values['where'] === 'here';
  const send = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const passphrase = readSecret(event, 'passphrase');
    void actions.moveRoom(dialog, passphrase === '' ? null : passphrase);
  };
  const points = summary === undefined ? [] : listMoving(app, summary);
  return html`<h2 id="dialog-title" tabindex="-1" data-autofocus
      >${t('move-title', { room: summary ? formatTitle(app, summary) : '' })}</h2>
    <form class="form" data-test="move-form" @submit=${send}>
      <ul class="points" data-test="move-points">${points.map((point) => html`<li>${point}</li>`)}</ul>
      ${renderFormError(app, form, here ? ['passphrase'] : ['address', 'passphrase'])}
      ${renderWhere(app, form)}
      ${here ? renderReach(app, dialog) : renderRelay(app, form)}
      ${renderPassphrase(app, form)}
      <div class="dialog__actions">
        <button
          class="button"
          type="button"
          ?disabled=${form.busy}
          data-test="cancel"
          @click=${actions.closeDialog}
        >${t('cancel')}</button>
        ${renderSubmit(form, { label: t('move-submit'), busy: t('move-busy'), test: 'confirm' })}
      </div>
    </form>`;
}

/**
 * What a move does.
 * @param {App} app
 * @param {RoomSummary} room
 */
function listMoving(app, { connection, hosting, messageTtl }) {
  const { t } = app;
  return [
    t('move-new'),
    t('move-follow'),
    t('move-old', { time: formatDuration(app, messageTtl) }),
    ...(hosting === null ? [] : [t('move-hosted')]),
    ...(connection.kind === 'online' ? [] : [t('move-away')]),
  ];
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderWhere(app, form) {
  const { t, actions } = app;
  const choices = [
    { value: 'relay', label: t('move-where-relay') },
    { value: 'here', label: t('move-where-here') },
  ];
  const hint = form.values['where'] === 'here' ? t('host-lead') : t('create-lead');
  const where = { field: 'where', test: 'move-where', legend: t('move-where'), hint, choices };
  return renderSegments(app, form, where, { fill: actions.fillDialog });
}

/**
 * @param {App} app
 * @param {MoveDialog} dialog
 */
function renderReach({ t }, { reach }) {
  return html`<p class="fine" role="status" data-test="reach" data-state=${reach}>${t('hosting-reach', { reach })}</p>`;
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderRelay(app, form) {
  const { t, actions } = app;
  return renderTextField(app, form, {
    name: 'address',
    label: t('create-relay'),
    hint: t('create-relay-hint'),
    placeholder: t('create-relay-example'),
    mono: true,
    required: true,
    fill: actions.fillDialog,
  });
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderPassphrase(app, form) {
  const { t, actions } = app;
  return renderSecretField(app, form, {
    name: 'passphrase',
    label: t('new-passphrase'),
    hint: t('move-passphrase-hint'),
    fresh: true,
    optional: true,
    fill: actions.fillDialog,
    mend: actions.mendDialog,
  });
}

/**
 * Whoever follows leaves the old room, with what was begun and not sent.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderFollowRoom(state, app, room) {
  const { t, actions } = app;
  const moved = state.rooms.find((known) => known.room === room)?.moved ?? null;
  if (moved === null && !state.dialog.form.busy) {
    return renderQuestion(state, app, { title: t('follow-over-title'), points: [t('follow-over')] });
  }
  return renderQuestion(state, app, {
    title: t('follow-title', { place: formatList(app, moved?.places ?? []) }),
    points: [t('moved-goes'), ...(hasDraft(state, room) ? [t('follow-draft')] : [])],
    yes: { label: t('follow'), go: () => actions.followAnyway(room) },
  });
}

/**
 * Who came in since the room was to move learns the new code as well, and could be somebody who was removed.
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'tellNewcomers' }>} dialog
 */
export function renderTellNewcomers(state, app, { room, people }) {
  const { t, actions } = app;
  const nicks = formatList(app, people.map(({ nick }) => nick));
  const members = people.map(({ member }) => member);
  return renderQuestion(state, app, {
    title: t('tell-newcomers-title', { nicks }),
    points: [t('tell-newcomers-code'), t('tell-newcomers-sure')],
    yes: { label: t('tell-newcomers-confirm'), go: () => actions.tellNewcomers(room, members) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderTakeMoveBack(state, app, room) {
  const { t, actions } = app;
  const summary = state.rooms.find((known) => known.room === room);
  if ((summary?.moved ?? null) === null && !state.dialog.form.busy) {
    return renderQuestion(state, app, { title: t('take-back-over-title'), points: [t('take-back-over')] });
  }
  return renderQuestion(state, app, {
    title: t('take-back-title', { room: summary === undefined ? '' : formatTitle(app, summary) }),
    points: [t('take-back-here'), t('take-back-there'), t('take-back-gone')],
    yes: { label: t('take-back-confirm'), go: () => actions.takeMoveBack(room) },
  });
}
