// The addresses of a room, as a sentence names them.

/** @import { App } from '../../../types/app.js' */

/**
 * @param {App} app
 * @param {string[]} places
 */
export function listPlaces({ strings }, places) {
  return new Intl.ListFormat(strings.dates).format(places);
}
