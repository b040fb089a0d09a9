// Before the engine has answered.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderFormError } from '../parts/form.js';
import { renderSpinner } from '../parts/spinner.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderStarting({ form }, app) {
  const { t, actions } = app;
  return html`<main class="stage stage--lamp"><div class="card card--narrow">
    ${form.error === null
      ? html`<h1 class="loading">${renderSpinner()}<span role="status">${t('starting')}</span></h1>`
      : html`<h1 tabindex="-1">${t('starting-failed')}</h1>
          ${renderFormError(app, form, [])}
          <button class="button button--primary" data-test="retry" @click=${actions.retryStart}
            >${t('try-again')}</button>`}
  </div></main>`;
}
