// A question before something that cannot be taken back: what it does, and a yes and a no.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderSpinner } from '../parts/spinner.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { FormError } from '../../state/fields.js'
 * @import { State } from '../../state/slices.js'
 *
 * @typedef {object} Question
 * @property {string} title
 * @property {unknown} [detail]
 * @property {string[]} [points]
 * @property {Yes} [yes] Without it, the dialog can only be closed.
 *
 * @typedef {object} Yes
 * @property {string} label
 * @property {boolean} [plain] Nothing is lost by it.
 * @property {() => void} go
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Question} question
 */
export function renderQuestion({ dialog: { form } }, app, { title, detail = nothing, points = [], yes }) {
  const { t, actions } = app;
  return html`<h2 id="dialog-title">${title}</h2>
    ${detail}
    ${points.length === 0 ? nothing : html`<ul class="points">${points.map((point) => html`<li>${point}</li>`)}</ul>`}
    ${form.error === null ? nothing : renderError(app, form.error)}
    <div class="dialog__actions">
      <button
        class="button"
        data-autofocus
        ?disabled=${form.busy}
        data-test="cancel"
        @click=${actions.closeDialog}
      >${yes === undefined ? t('close') : t('cancel')}</button>
      ${yes === undefined ? nothing : renderYes(yes, form.busy)}
    </div>`;
}

/**
 * @param {App} app
 * @param {FormError} error
 */
function renderError({ t }, error) {
  return html`<div
    class="notice notice--danger"
    role="alert"
    tabindex="-1"
    data-error
    data-test="error"
    data-code=${error}
  >${renderIcon('circle-alert')}<p>${t(`error-${error}`)}</p></div>`;
}

/**
 * @param {Yes} yes
 * @param {boolean} busy
 */
function renderYes({ label, plain = false, go }, busy) {
  return html`<button
    class=${plain ? 'button button--primary' : 'button button--danger'}
    ?disabled=${busy}
    data-test="confirm"
    @click=${go}
  >${busy ? renderSpinner() : nothing}${label}</button>`;
}
