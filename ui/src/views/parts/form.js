// What a form has beside its fields: what is wrong with the whole, and the button that sends it.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { findField } from './field_error.js';
import { renderIcon } from './icon.js';
import { renderSpinner } from './spinner.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 */

/**
 * What went wrong with the form as a whole.
 * @param {App} app
 * @param {Form} form
 * @param {string[]} fields Names of the fields on the screen: their errors are shown beside them.
 */
export function renderFormError({ t }, { error }, fields) {
  if (error === null || fields.includes(findField(error) ?? '')) return nothing;
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
 * The one main action of a screen. While it runs it says so and cannot be pressed again.
 * @param {Form} form
 * @param {{ label: string, busy: string, test: string }} button
 */
export function renderSubmit(form, { label, busy, test }) {
  const content = form.busy ? html`${renderSpinner()}<span role="status">${busy}</span>` : label;
  return html`<button
    class="button button--primary"
    type="submit"
    ?disabled=${form.busy}
    data-test=${test}
  >${content}</button>`;
}

/**
 * The page never sends a form itself.
 * @param {() => unknown} send
 */
export function submitWith(send) {
  return (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    send();
  };
}
