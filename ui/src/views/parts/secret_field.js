// A secret stays in its input: it is read when the form is sent and is never part of the state.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { listDescriptions, findError, renderFieldError } from './field_error.js';
import { renderIcon } from './icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 *
 * @typedef {object} SecretField
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {boolean} [autofocus]
 * @property {boolean} [fresh] It is chosen now and not asked for.
 * @property {boolean} [optional]
 * @property {(field: string, value: string) => void} [fill] Keeps that it is shown, if not in the form of the screen.
 * @property {() => void} [mend] What is told of typing then.
 */

/**
 * @param {App} app
 * @param {Form} form
 * @param {SecretField} field
 */
export function renderSecretField(app, form, field) {
  const { name, label, hint, autofocus = false, fresh = false, optional = false } = field;
  const { fill = app.actions.fillField, mend = app.actions.mendForm } = field;
  const error = findError(form, name);
  const shown = form.values[`${name}-shown`] === 'yes';
  return html`<div class="field">
    <label class="field__label" for=${name}>${label}${optional
      ? html`<span class="field__optional">${app.t('optional')}</span>`
      : nothing}</label>
    <div class="input-group">
      <input
        class="input"
        id=${name}
        name=${name}
        type=${shown ? 'text' : 'password'}
        autocomplete=${fresh ? 'new-password' : 'current-password'}
        spellcheck="false"
        autocapitalize="off"
        aria-invalid=${error ? 'true' : 'false'}
        aria-describedby=${listDescriptions(form, field)}
        ?data-autofocus=${autofocus}
        @input=${error === null || error === 'passphrase-differs' ? nothing : mend}
        data-test="field-${name}"
      >
      ${renderShowButton(app, name, shown, fill)}
    </div>
    ${hint ? html`<p class="field__hint" id="${name}-hint">${hint}</p>` : nothing}
    ${error ? renderFieldError(app, name, error) : nothing}
  </div>`;
}

/**
 * @param {App} app
 * @param {string} name
 * @param {boolean} shown
 * @param {(field: string, value: string) => void} fill
 */
function renderShowButton({ t }, name, shown, fill) {
  return html`<button
    type="button"
    class="icon-button"
    aria-pressed=${shown ? 'true' : 'false'}
    aria-label=${t('show-passphrase')}
    title=${t('show-passphrase')}
    data-test="show-${name}"
    @click=${() => fill(`${name}-shown`, shown ? '' : 'yes')}
  >${renderIcon(shown ? 'eye-off' : 'eye')}</button>`;
}

/**
 * What stands in the input of a form, when the form hears something.
 * @param {Event} event
 * @param {string} name
 */
export function readSecret(event, name) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  return String(new FormData(form).get(name) ?? '');
}
