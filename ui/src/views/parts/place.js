import { nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Boot } from '../../../types/shell.js'
 */

/**
 * Where data lives, for a person to read.
 * @param {App} app
 * @param {Boot | null} boot
 */
export function describePlace({ t }, boot) {
  if (boot === null) return nothing;
  return boot.portable ? t('place-portable') : t('place-folder', { folder: boot.dataFolder });
}
