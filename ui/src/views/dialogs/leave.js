// Leaving a room, and removing it from this computer.

import { formatTitle } from '../parts/title.js';
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
export function renderLeave(state, app, room) {
  const { t, actions } = app;
  return renderQuestion(state, app, {
    title: t('leave-title', { room: findTitle(state, app, room) }),
    points: [t('leave-others'), t('leave-here'), ...listLosses(state, app, room)],
    yes: { label: t('leave-confirm'), go: () => actions.leave(room) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderRemove(state, app, room) {
  const { t, actions } = app;
  return renderQuestion(state, app, {
    title: t('remove-title', { room: findTitle(state, app, room) }),
    points: [t('remove-here'), t('remove-others'), ...listLosses(state, app, room)],
    yes: { label: t('remove-confirm'), go: () => actions.remove(room) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} handle
 */
function findTitle({ rooms }, app, handle) {
  const summary = rooms.find(({ room }) => room === handle);
  return summary === undefined ? '' : formatTitle(app, summary);
}

/**
 * What would be lost besides the room itself.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} handle
 */
function listLosses({ rooms, room: open }, { t }, handle) {
  const summary = rooms.find(({ room }) => room === handle);
  const unsent = summary !== undefined && open?.room === handle ? (open.view?.unsent ?? 0) : 0;
  return [
    ...(summary?.hosting ? [t('leave-hosting')] : []),
    ...(unsent > 0 ? [t('leave-unsent', { count: unsent })] : []),
  ];
}
