// Why a room is not served, in sentences that name the file that is meant.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Hosting } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * Why this computer does not serve a room that it hosts, or how far that is.
 * @param {App} app
 * @param {Hosting} hosting
 */
export function describeHosting(app, { state, reason, file }) {
  if (state !== 'failed' || reason === null) return app.t(`hosting-${state}`);
  return html`<b>${app.t('hosting-short-failed')}.</b> ${app.t(`error-${reason}`)} ${describeFile(app, file)}`;
}

/**
 * Which file is meant, if any.
 * @param {App} app
 * @param {string | null | undefined} file
 */
export function describeFile({ t }, file) {
  return file ? html`<span class="file">${t('damaged-file', { file })}</span>` : nothing;
}
