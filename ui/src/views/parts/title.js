import { formatDate } from '../../format.js';

/**
 * @import { Unopened } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * What a room is called.
 * @param {App} app
 * @param {{ title: string, unopened?: Unopened | null }} room
 */
export function formatTitle(app, { title, unopened = null }) {
  // The title stands in the room's file.
  if (unopened !== null) return app.t('room-unopened', { date: formatDate(app, unopened.madeAt) });
  return title === '' ? app.t('room-untitled') : title;
}
