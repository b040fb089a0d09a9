// Locking, where it does more than to lock.

import { renderQuestion } from './question.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * Nothing of these rooms is on a disk.
 * @param {State} state
 * @param {App} app
 */
export function renderForget(state, app) {
  const { t, actions } = app;
  return renderQuestion(state, app, {
    title: t('forget-title', { count: state.rooms.length }),
    points: [t('forget-here'), t('remove-others')],
    yes: { label: t('forget-now'), go: actions.lockNow },
  });
}

/**
 * Others are connected to rooms that this computer serves.
 * @param {State} state
 * @param {App} app
 * @param {number} hostingOthers
 */
export function renderLockHosting(state, app, hostingOthers) {
  const { t, actions } = app;
  return renderQuestion(state, app, {
    title: t('hosting-others-title', { count: hostingOthers }),
    points: [t('lock-others'), t('lock-kept')],
    yes: { label: t('lock-now'), go: actions.lockNow },
  });
}
