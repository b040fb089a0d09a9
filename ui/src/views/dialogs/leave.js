// Leaving a room, and removing it from this computer.

import { isNotIn } from '../../phase.js';
import { countUnsent } from '../../state/unsent.js';
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
  const closes = endsWithLeaving(state, room);
  const title = { room: findTitle(state, app, room) };
  return renderQuestion(state, app, {
    title: closes ? t('leave-closes-title', title) : t('leave-title', title),
    points: [
      ...(closes ? [t('leave-closes-all'), ...listClosing(state, app, room)] : listLeaving(state, app, room)),
      t('leave-here'),
      ...listUnsent(state, app, room),
    ],
    yes: { label: closes ? t('leave-closes-confirm') : t('leave-confirm'), go: () => actions.leave(room) },
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
    points: [
      t('remove-here'),
      ...listRemoving(state, app, room),
      ...listHosting(state, app, room),
      ...listUnsent(state, app, room),
    ],
    yes: { label: t('remove-confirm'), go: () => actions.remove(room) },
  });
}

/**
 * What becomes of a room elsewhere when it is closed.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function listClosing(state, { t }, room) {
  const summary = findSummary(state, room);
  return [
    ...(summary?.moved ? [t('close-room-moved')] : []),
    t('close-room-gone'),
    ...(summary?.hosting ? [t('close-room-hosted')] : []),
  ];
}

/**
 * What has not gone out and would be lost besides the room itself.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function listUnsent(state, { t }, room) {
  const unsent = countUnsent(state, room);
  return unsent > 0 ? [t('leave-unsent', { count: unsent })] : [];
}

/**
 * Whether the room ends for everybody when this person leaves it.
 * @param {State} state
 * @param {RoomHandle} room
 */
function endsWithLeaving(state, room) {
  const view = findView(state, room);
  return view !== null && view.owner && view.rules.ownerLeaveCloses;
}

/**
 * What leaving means where the room goes on.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
function listLeaving(state, app, room) {
  const { t } = app;
  const view = findView(state, room);
  return [
    t('leave-others'),
    ...(view?.owner ? [t('leave-owner')] : []),
    ...(view === null ? [t('leave-unknown')] : []),
    ...listHosting(state, app, room),
  ];
}

/**
 * What removing means for the others, who are not told.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
function listRemoving(state, { t }, room) {
  const summary = findSummary(state, room);
  const phase = summary?.phase;
  if (phase === 'closing') return [t('remove-closing')];
  if (phase === 'erasing') return [t('remove-erasing')];
  if (summary !== undefined && isNotIn(summary)) return [t('remove-not-in')];
  return [t('remove-others'), ...(findView(state, room)?.owner ? [t('remove-owner')] : [])];
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
function listHosting(state, { t }, room) {
  return findSummary(state, room)?.hosting ? [t('leave-hosting')] : [];
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
function findTitle(state, app, room) {
  const summary = findSummary(state, room);
  return summary === undefined ? '' : formatTitle(app, summary);
}

/**
 * @param {State} state
 * @param {RoomHandle} handle
 */
function findSummary({ rooms }, handle) {
  return rooms.find(({ room }) => room === handle);
}

/**
 * The room from inside, if it was read.
 * @param {State} state
 * @param {RoomHandle} room
 */
function findView({ room: open }, room) {
  return open?.room === room ? open.view : null;
}
