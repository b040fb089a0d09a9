// What the owner of a room does to it or to somebody in it, and cannot take back.

import { formatList } from '../parts/list.js';
import { formatTitle } from '../parts/title.js';
import { listClosing, listUnsent } from './leave.js';
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
export function renderCloseRoom(state, app, room) {
  const { t, actions } = app;
  const summary = state.rooms.find((known) => known.room === room);
  const isAway = summary !== undefined && summary.connection.kind !== 'online';
  const title = summary === undefined ? '' : formatTitle(app, summary);
  const places = summary?.moved?.places;
  return renderQuestion(state, app, {
    // The new one is called the same.
    title: places === undefined
      ? t('close-room-title', { room: title })
      : t('close-room-moved-title', { room: title, place: formatList(app, places) }),
    points: [
      t('close-room-all'),
      ...listClosing(state, app, room),
      ...(isAway ? [t('close-room-away')] : []),
      ...listUnsent(state, app, room),
    ],
    yes: { label: t('close-room-confirm'), go: () => actions.closeRoom(room) },
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Dialog, { name: 'removeMember' }>} dialog
 */
export function renderRemoveMember(state, app, { room, member, nick }) {
  const { t, actions } = app;
  const { room: open, rooms, dialog } = state;
  const takesKnocks = open?.view?.takesKnocks === true;
  const isThere = open?.view?.people.some((person) => person.member === member) ?? false;
  if (!isThere && !dialog.form.busy) {
    const title = t('remove-member-over-title', { nick });
    return renderQuestion(state, app, { title, points: [t('remove-member-over')] });
  }
  const summary = rooms.find((known) => known.room === room);
  return renderQuestion(state, app, {
    title: t('remove-member-title', { nick, room: summary === undefined ? '' : formatTitle(app, summary) }),
    points: [
      t('remove-member-out'),
      takesKnocks ? t('remove-member-locks-knocks') : t('remove-member-locks'),
    ],
    yes: { label: t('remove-member-confirm'), go: () => actions.removeMember(room, member) },
  });
}
