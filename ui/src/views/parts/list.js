// Several names or addresses, as a sentence lists them.

/** @import { App } from '../../../types/app.js' */

/**
 * @param {App} app
 * @param {string[]} parts
 */
export function formatList({ strings }, parts) {
  return new Intl.ListFormat(strings.dates).format(parts);
}
