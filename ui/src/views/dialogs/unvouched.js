// A relay that nobody vouches for: its key is compared before it gets a room.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderQuestion } from './question.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'unvouched' }>} dialog
 */
export function renderUnvouched(state, app, dialog) {
  const { t, actions } = app;
  const { room } = dialog;
  const yes =
    room === null
      ? { label: t('unvouched-confirm'), go: () => actions.trustRelay(dialog) }
      : { label: t('unvouched-confirm-move'), go: () => actions.trustRelayToMove(dialog, room) };
  const groups = dialog.pin.map((group) => html`<span>${group} </span>`);
  return renderQuestion(state, app, {
    title: t('unvouched-title'),
    detail: html`<p class="mono selectable pin" data-test="pin">${groups}</p>`,
    points: [t('unvouched-why'), t('unvouched-compare'), t('unvouched-same'), t('unvouched-different')],
    yes,
  });
}
