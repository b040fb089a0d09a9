// Files of a vault are there, and the one that opens it is not.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderFormError } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderIncomplete({ form, boot }, app) {
  const { t, actions } = app;
  return html`<span class="emblem" aria-hidden="true">${renderIcon('triangle-alert')}</span>
    <h1 tabindex="-1">${t('incomplete-title')}</h1>
    <p class="screen__lead">${t('incomplete-why', { folder: boot?.dataFolder ?? '' })}</p>
    <div class="form" data-test="incomplete">
      ${renderFormError(app, form, [])}
      <button class="button button--primary" ?disabled=${form.busy} data-test="retry" @click=${actions.retryStart}
        >${t('try-again')}</button>
      <button class="button" ?disabled=${form.busy} data-test="set-aside" @click=${actions.setVaultAside}
        >${t('incomplete-anew')}</button>
    </div>
    <p class="fine">${t('incomplete-anew-text')}</p>`;
}
