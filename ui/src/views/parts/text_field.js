// A labelled line or area of text whose value lives in the form.

import { isOfInputMethod } from '../../composition.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { renderBytesLeft, renderCharactersLeft } from './bytes_left.js';
import { listDescriptions, findError, renderFieldError } from './field_error.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 *
 * @typedef {object} TextField
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [placeholder]
 * @property {number} [maxBytes] Shown as what is left once it gets close.
 * @property {number} [maxCharacters] The same, where characters are counted.
 * @property {boolean} [area]
 * @property {boolean} [submits] Enter sends the form although the text may have several lines.
 * @property {boolean} [mono]
 * @property {boolean} [autofocus]
 * @property {boolean} [required]
 * @property {(field: string, value: string) => void} [fill] Where its text goes, if not into the form of the screen.
 */

/**
 * @param {App} app
 * @param {Form} form
 * @param {TextField} field
 */
export function renderTextField(app, form, field) {
  const { name, label, hint, maxBytes, maxCharacters, required = false } = field;
  const error = findError(form, name);
  const value = form.values[name] ?? '';
  const optional = html`<span class="field__optional">${app.t('optional')}</span>`;
  return html`<div class="field">
    <label class="field__label" for=${name}>${label}${required ? nothing : optional}</label>
    ${field.area ? renderArea(app, form, field) : renderLine(app, form, field)}
    ${hint ? html`<p class="field__hint" id="${name}-hint">${hint}</p>` : nothing}
    ${maxBytes ? renderBytesLeft(app, value, maxBytes) : nothing}
    ${maxCharacters ? renderCharactersLeft(app, value, maxCharacters) : nothing}
    ${error ? renderFieldError(app, name, error, form.slip) : nothing}
  </div>`;
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {TextField} field
 */
function renderArea(app, form, field) {
  const { name, placeholder = '', submits = false, autofocus = false } = field;
  return html`<textarea
    class=${chooseLook(field)}
    id=${name}
    name=${name}
    rows="3"
    placeholder=${placeholder}
    .value=${live(form.values[name] ?? '')}
    @input=${fillFrom(app, name, field.fill)}
    @keydown=${submits ? submitOnEnter : nothing}
    aria-invalid=${findError(form, name) ? 'true' : 'false'}
    aria-describedby=${listDescriptions(form, field)}
    ?data-autofocus=${autofocus}
    data-test="field-${name}"
  ></textarea>`;
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {TextField} field
 */
function renderLine(app, form, field) {
  const { name, placeholder = '', autofocus = false, mono = false } = field;
  const value = form.values[name] ?? '';
  return html`<input
    class=${chooseLook(field)}
    id=${name}
    name=${name}
    placeholder=${placeholder}
    autocomplete="off"
    autocapitalize="off"
    spellcheck="false"
    dir=${mono && value !== '' ? 'ltr' : nothing}
    .value=${live(value)}
    @input=${fillFrom(app, name, field.fill)}
    aria-invalid=${findError(form, name) ? 'true' : 'false'}
    aria-describedby=${listDescriptions(form, field)}
    ?data-autofocus=${autofocus}
    data-test="field-${name}"
  >`;
}

/** @param {TextField} field */
function chooseLook({ mono = false }) {
  return mono ? 'input input--mono' : 'input';
}

/**
 * @param {App} app
 * @param {string} name
 * @param {TextField['fill']} [fill]
 */
export function fillFrom({ actions }, name, fill = actions.fillField) {
  return (/** @type {InputEvent} */ { target }) =>
    fill(name, /** @type {HTMLInputElement | HTMLTextAreaElement} */ (target).value);
}

/**
 * Enter sends the form of an area, as it does from a line.
 * @param {KeyboardEvent} event
 */
export function submitOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || isOfInputMethod(event)) return;
  event.preventDefault();
  /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit();
}
