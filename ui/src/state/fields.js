// What is being filled in, on a screen or in a dialog.

/**
 * @import { ErrorCode, Slip } from '../../generated/api.js'
 *
 * @typedef {ErrorCode | 'passphrase-differs'} FormError What the engine says is wrong, or what only the page can know.
 *
 * @typedef {object} Form Secrets stay in their input and never come here.
 * @property {boolean} busy
 * @property {symbol | null} work What the answer that is outstanding answers.
 * @property {FormError | null} error
 * @property {Slip | null} slip Where an invitation is wrong, if that was said.
 * @property {Record<string, string>} values
 */

/** @type {Form} */
export const EMPTY = { busy: false, work: null, error: null, slip: null, values: {} };

/**
 * @param {Form} form
 * @param {string} field
 * @param {string} value
 * @returns {Form}
 */
export function fill(form, field, value) {
  return { ...form, values: { ...form.values, [field]: value } };
}

/**
 * Sent, and the answer is outstanding.
 * @param {Form} form
 * @param {symbol | null} [work]
 * @returns {Form}
 */
export function startWork(form, work = null) {
  return { ...form, busy: true, work, error: null, slip: null };
}

/**
 * @param {Form} form
 * @param {FormError} error
 * @param {Slip | null} [slip]
 * @returns {Form}
 */
export function failWork(form, error, slip = null) {
  return { ...form, busy: false, work: null, error, slip };
}
