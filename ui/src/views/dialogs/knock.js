// Knocking at a locked room: giving it up, and letting somebody in who does.

import { html } from '../../vendor/lit-html/lit-html.js';
import { isWaiting } from '../../state/knocks.js';
import { formatTitle } from '../parts/title.js';
import { renderQuestion } from './question.js';

/**
 * @import { RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderGiveUp(state, app, room) {
  const { t, actions } = app;
  const knock = state.rooms.find((known) => known.room === room)?.knock ?? null;
  if (knock === null && !state.dialog.form.busy) {
    return renderQuestion(state, app, { title: t('give-up-over-title'), points: [t('give-up-over')] });
  }
  const waits = knock === null || knock.state === 'waiting';
  return renderQuestion(state, app, {
    title: waits ? t('give-up-title') : t('remove-from-list-title'),
    points: [...(waits ? [t('give-up-ends')] : []), t('give-up-here'), t('give-up-again')],
    yes: { label: waits ? t('give-up-confirm') : t('remove-from-list-confirm'), go: () => actions.giveUp(room) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'letIn' }>} dialog
 */
export function renderLetIn(state, app, { room, knock, nick }) {
  const { t, actions } = app;
  const found = state.room?.view?.knocks.find((one) => one.knock === knock);
  const isBusy = state.dialog.form.busy;
  if ((found === undefined || !isWaiting(found)) && !isBusy) {
    return renderQuestion(state, app, { title: t('let-in-over-title', { nick }), points: [t('let-in-over')] });
  }
  const summary = state.rooms.find((known) => known.room === room);
  const title = t('let-in-title', { nick, room: summary === undefined ? '' : formatTitle(app, summary) });
  if (found?.state === 'unreached' && !isBusy) {
    return renderQuestion(state, app, { title, points: [t('knock-unreached')] });
  }
  const words = (found?.words ?? []).map((word) => html`<li>${word}</li>`);
  return renderQuestion(state, app, {
    title,
    detail: html`<ol class="words words--big selectable" data-test="let-in-words">${words}</ol>`,
    points: [t('let-in-same'), t('let-in-different'), t('let-in-there')],
    yes: { label: t('let-in-confirm'), plain: true, go: () => actions.letIn(room, knock) },
  });
}
