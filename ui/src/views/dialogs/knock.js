// Knocking at a locked room: giving it up, and letting somebody in who does.

import { renderQuestion } from './question.js';

/**
 * @import { RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
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
