import { formatDate } from '../../format.js';

/**
 * @import { RoomPhase, Unopened } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * What a room is called.
 * @param {App} app
 * @param {{ title: string, phase?: RoomPhase, unopened?: Unopened | null }} room
 */
export function formatTitle(app, { title, phase, unopened = null }) {
  // A locked door does not say it.
  if (phase === 'knocking') return app.t('room-knocking');
  // The title stands in the room's file.
  if (unopened !== null) return app.t('room-unopened', { date: formatDate(app, unopened.madeAt) });
  return title === '' ? app.t('room-untitled') : title;
}
