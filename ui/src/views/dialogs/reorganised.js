// Whether to follow the others who went on without this computer, asked a second time.

import { findQuestion } from '../../phase.js';
import { html } from '../../vendor/lit-html/lit-html.js';
import { renderQuestionWords } from '../parts/question_words.js';
import { formatTitle } from '../parts/title.js';
import { renderQuestion } from './question.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { State } from '../../state/slices.js'
 *
 * @typedef {Extract<Dialog, { name: 'rejoin' | 'stay' }>} SecondQuestion
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {SecondQuestion} dialog
 */
export function renderRejoin(state, app, dialog) {
  const { t, actions } = app;
  const { words, branch } = dialog.question;
  const room = findAsking(state, dialog);
  if (room === undefined) return renderOver(state, app);
  return renderQuestion(state, app, {
    title: t('rejoin-title', { room: formatTitle(app, room) }),
    detail: renderQuestionWords(words),
    points: [t('rejoin-same'), t('rejoin-different'), t('rejoin-there'), t('rejoin-unsent')],
    yes: { label: t('rejoin-confirm'), go: () => actions.rejoin(room.room, branch) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {SecondQuestion} dialog
 */
export function renderStay(state, app, dialog) {
  const { t, actions } = app;
  const room = findAsking(state, dialog);
  if (room === undefined) return renderOver(state, app);
  const unconfirmed = room.phase === 'awaitingConfirmation' ? [t('stay-unconfirmed')] : [];
  return renderQuestion(state, app, {
    title: t('stay-title', { room: formatTitle(app, room) }),
    points: [...unconfirmed, t('stay-here'), t('stay-juniors'), t('stay-seniors')],
    yes: { label: t('stay-confirm'), plain: true, go: () => actions.stay(room.room, dialog.question.branch) },
  });
}

/**
 * The room, if it still asks what was shown: an answer counts for nothing else. While an answer is carried out, it may
 * have ceased to ask.
 * @param {State} state
 * @param {SecondQuestion} dialog
 */
function findAsking({ rooms, dialog: { form } }, { name, room, question }) {
  const summary = rooms.find((known) => known.room === room);
  if (summary === undefined || form.busy) return summary;
  const now = findQuestion(summary);
  const same = now?.branch === question.branch && (name === 'rejoin' || now.canStay);
  return same ? summary : undefined;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderOver(state, app) {
  const { t } = app;
  return renderQuestion(state, app, {
    title: t('rejoin-over-title'),
    detail: html`<p role="alert" data-test="rejoin-over">${t('rejoin-over')}</p>`,
  });
}
