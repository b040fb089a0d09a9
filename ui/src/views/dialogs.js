// What lies on top: questions before something that cannot be taken back, the words to compare, the quick switcher.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icon, titleOf } from './parts.js';
import { questionOf, questionWords } from './reorganised.js';
import { switcherView } from './switcher.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Dialog } from '../state/dialog.js'
 * @import { State } from '../state/slices.js'
 * @import { RoomSummary } from '../../generated/api.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function dialogView(state, app) {
  const { shown: dialog } = state.dialog;
  if (dialog === null) return nothing;
  const { actions } = app;
  const onCancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!state.dialog.form.busy) actions.closeDialog();
  };
  return html`<dialog class="dialog dialog--${dialog.name}" aria-labelledby="dialog-title" data-test="dialog-${dialog.name}" @cancel=${onCancel}>${content(state, app, dialog)}</dialog>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Dialog} dialog
 */
function content(state, app, dialog) {
  const { t, actions } = app;
  const room = 'room' in dialog ? state.rooms.find((summary) => summary.room === dialog.room) : undefined;
  const title = room === undefined ? '' : titleOf(app, room);
  switch (dialog.name) {
    case 'switcher':
      return switcherView(state, app);
    case 'verify':
      return verify(state, app);
    case 'leave':
      return question(state, app, {
        title: t('leave-title', { room: title }),
        points: [t('leave-others'), t('leave-here'), ...(room?.hosting ? [t('leave-hosting')] : []), ...drafts(state, app, room)],
        action: t('leave-confirm'),
        go: () => actions.leave(dialog.room),
      });
    case 'remove':
      return question(state, app, {
        title: t('remove-title', { room: title }),
        points: [t('remove-here'), t('remove-others'), ...(room?.hosting ? [t('leave-hosting')] : []), ...drafts(state, app, room)],
        action: t('remove-confirm'),
        go: () => actions.remove(dialog.room),
      });
    case 'stopHosting':
      return question(state, app, {
        title: t('stop-title'),
        points: [t('stop-others', { count: room?.hosting?.connected ?? 0 }), t('stop-kept'), t('stop-again')],
        action: t('hosting-stop'),
        go: () => actions.stopHosting(dialog.room),
      });
    case 'renewAddress':
      return question(state, app, {
        title: t('renew-title'),
        points: [t('renew-old'), t('renew-new')],
        action: t('hosting-renew'),
        plain: true,
        go: () => actions.renewAddress(dialog.room),
      });
    case 'rejoin':
      return rejoin(state, app, dialog, room);
    case 'stay':
      return stay(state, app, dialog, room);
    case 'forget':
      return question(state, app, {
        title: t('forget-title', { count: state.rooms.length }),
        points: [t('forget-here'), t('remove-others')],
        action: t('forget-now'),
        go: actions.lockNow,
      });
    case 'lockHosting':
      return question(state, app, {
        title: t('hosting-others-title', { count: dialog.hostingOthers }),
        points: [t('lock-others'), t('lock-kept')],
        action: t('lock-now'),
        go: actions.lockNow,
      });
    case 'unvouched':
      return question(state, app, {
        title: t('unvouched-title'),
        detail: html`<p class="mono selectable pin" data-test="pin">${dialog.pin.map((group) => html`<span>${group} </span>`)}</p>`,
        points: [t('unvouched-why'), t('unvouched-compare'), t('unvouched-same'), t('unvouched-different')],
        action: t('unvouched-confirm'),
        go: () => actions.trustRelay(dialog),
      });
    case 'closeHosting':
      return question(state, app, {
        title: t('hosting-others-title', { count: dialog.hostingOthers }),
        points: [t('close-others'), t('close-kept')],
        action: t('close-confirm'),
        go: actions.closeWindow,
      });
  }
}

/**
 * @param {State} state
 * @param {App} app
 * @param {{ title: string, detail?: unknown, points?: string[], action?: string, plain?: boolean, go?: () => void }} options Without an action it can only be closed.
 */
function question({ dialog: { form } }, { t, actions }, { title, detail = nothing, points = [], action, plain = false, go }) {
  return html`<h2 id="dialog-title">${title}</h2>
    ${detail}
    ${points.length === 0 ? nothing : html`<ul class="points">${points.map((point) => html`<li>${point}</li>`)}</ul>`}
    ${form.error === null ? nothing : html`<div class="notice notice--danger" role="alert" tabindex="-1" data-error data-test="error" data-code=${form.error}>${icon('circle-alert')}<p>${t(`error-${form.error}`)}</p></div>`}
    <div class="dialog__actions">
      <button class="button" data-autofocus ?disabled=${form.busy} data-test="cancel" @click=${actions.closeDialog}>${action === undefined ? t('close') : t('cancel')}</button>
      ${action === undefined ? nothing : html`<button class=${plain ? 'button button--primary' : 'button button--danger'} ?disabled=${form.busy} data-test="confirm" @click=${go}>${form.busy ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}${action}</button>`}
    </div>`;
}

/**
 * An answer counts for what was shown. If the room asks something else by now, or nothing, it cannot be given any more.
 * @param {State} state
 * @param {Extract<Dialog, { name: 'rejoin' | 'stay' }>} dialog
 * @param {RoomSummary} room
 */
function isOver({ dialog: { form } }, dialog, room) {
  const now = questionOf(room);
  const same = now?.branch === dialog.question.branch && (dialog.name === 'rejoin' || now.canStay);
  return !same && !form.busy;
}

/**
 * @param {State} state
 * @param {App} app
 */
function over(state, app) {
  const { t } = app;
  return question(state, app, { title: t('rejoin-over-title'), detail: html`<p role="alert" data-test="rejoin-over">${t('rejoin-over')}</p>` });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'rejoin' | 'stay' }>} dialog
 * @param {RoomSummary | undefined} room
 */
function rejoin(state, app, dialog, room) {
  const { t, actions } = app;
  const { words, branch } = dialog.question;
  if (room === undefined || isOver(state, dialog, room)) return over(state, app);
  return question(state, app, {
    title: t('rejoin-title', { room: titleOf(app, room) }),
    detail: questionWords(words),
    points: [t('rejoin-same'), t('rejoin-different'), t('rejoin-there'), t('rejoin-unsent')],
    action: t('rejoin-confirm'),
    go: () => actions.rejoin(room.room, branch),
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'rejoin' | 'stay' }>} dialog
 * @param {RoomSummary | undefined} room
 */
function stay(state, app, dialog, room) {
  const { t, actions } = app;
  if (room === undefined || isOver(state, dialog, room)) return over(state, app);
  return question(state, app, {
    title: t('stay-title', { room: titleOf(app, room) }),
    points: [
      ...(room.phase === 'awaitingConfirmation' ? [t('stay-unconfirmed')] : []),
      t('stay-here'),
      t('stay-juniors'),
      t('stay-seniors'),
    ],
    action: t('stay-confirm'),
    plain: true,
    go: () => actions.stay(room.room, dialog.question.branch),
  });
}

/**
 * What would be lost besides the room itself.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary | undefined} room
 */
function drafts({ room: open }, { t }, room) {
  const unsent = room !== undefined && open?.room === room.room ? (open.view?.unsent ?? 0) : 0;
  return unsent > 0 ? [t('leave-unsent', { count: unsent })] : [];
}

/**
 * @param {State} state
 * @param {App} app
 */
function verify({ room: open }, { t, actions }) {
  const verification = open?.view?.verification ?? null;
  return html`<h2 id="dialog-title" tabindex="-1" data-autofocus>${t('check-dialog-title')}</h2>
    ${verification === null
      ? html`<p class="muted">${t('check-none')}</p>`
      : html`<ol class="words words--big selectable" data-test="verification-words">${verification.words.map((word) => html`<li>${word}</li>`)}</ol>
          <div class="prose">
            <p>${t('check-how')}</p>
            <p>${t('check-same')}</p>
            <p>${t('check-different')}</p>
          </div>
          <details class="fold">
            <summary>${t('check-experts')}</summary>
            <p class="mono selectable session-code" data-test="session-code">${verification.sessionCode}</p>
            <p class="fine">${t('check-experts-hint')}</p>
          </details>`}
    <div class="dialog__actions"><button class="button button--primary" data-test="cancel" @click=${actions.closeDialog}>${t('done')}</button></div>`;
}
