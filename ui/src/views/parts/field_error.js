// What is wrong with one field, beside it.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/**
 * @import { Slip } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Form, FormError } from '../../state/fields.js'
 */

/**
 * The field that an error is about; null where it is about the whole.
 * @param {FormError | null} error
 */
export function findField(error) {
  return error === null ? null : (FIELDS[error] ?? null);
}

/**
 * What is wrong with this field.
 * @param {Form} form
 * @param {string} name
 */
export function findError({ error }, name) {
  return findField(error) === name ? error : null;
}

/**
 * The ids of what a screen reader reads after the label.
 * @param {Form} form
 * @param {{ name: string, hint?: string }} field
 */
export function listDescriptions(form, { name, hint }) {
  const ids = [hint ? `${name}-hint` : '', findError(form, name) ? `${name}-error` : ''];
  return ids.join(' ').trim() || nothing;
}

/**
 * @param {App} app
 * @param {string} name
 * @param {FormError} error
 * @param {Slip | null} [slip] The place of a mistake in an invitation.
 */
export function renderFieldError({ t }, name, error, slip = null) {
  const where = slip ? ` ${describeSlip({ t }, slip)}` : nothing;
  return html`<p class="field__error" id="${name}-error" role="alert" data-test="error" data-code=${error}
    >${renderIcon('circle-alert')}<span>${t(`error-${error}`)}${where}</span></p>`;
}

/**
 * @param {Pick<App, 't'>} app
 * @param {Slip} slip
 */
function describeSlip({ t }, { kind, ...values }) {
  return t(`slip-${kind}`, values);
}

/** @type {Partial<Record<FormError, string>>} */
const FIELDS = {
  'wrong-passphrase': 'passphrase',
  'passphrase-too-short': 'passphrase',
  'passphrase-differs': 'passphrase-again',
  'passphrase-needed': 'passphrase',
  'invitation-missing': 'invitation',
  'invitation-several': 'invitation',
  'invitation-mangled': 'invitation',
  'invitation-broken': 'invitation',
  'invitation-cut': 'invitation',
  'code-length': 'invitation',
  'code-symbol': 'invitation',
  'code-typo': 'invitation',
  'code-version': 'invitation',
  'word-unknown': 'invitation',
  'word-count': 'invitation',
  'spoken-number': 'invitation',
  'spoken-word-count': 'invitation',
  'address-missing': 'address',
  'address-invalid': 'address',
  'nick-invalid': 'nick',
  'title-too-long': 'title',
  'note-too-long': 'note',
  'size-too-small': 'maxMembers',
  'knock-note-too-long': 'knock-note',
};
