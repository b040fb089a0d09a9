// No longer serving a room, or not as before, while others are connected to it.

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
export function renderStopHosting(state, app, room) {
  const { t, actions } = app;
  const summary = state.rooms.find((known) => known.room === room);
  return renderQuestion(state, app, {
    title: t('stop-title'),
    points: [t('stop-others', { count: summary?.hosting?.connected ?? 0 }), t('stop-kept'), t('stop-again')],
    yes: { label: t('hosting-stop'), go: () => actions.stopHosting(room) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderRenewAddress(state, app, room) {
  const { t, actions } = app;
  return renderQuestion(state, app, {
    title: t('renew-title'),
    points: [t('renew-old'), t('renew-new')],
    yes: { label: t('hosting-renew'), plain: true, go: () => actions.renewAddress(room) },
  });
}
