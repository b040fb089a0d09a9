import { html } from '../../vendor/lit-html/lit-html.js';

/** The text beside it says what is waited for. */
export function renderSpinner() {
  return html`<span class="spinner" aria-hidden="true"></span>`;
}

/** @param {string} text */
export function renderLoading(text) {
  return html`<p class="loading" role="status">${renderSpinner()}${text}</p>`;
}
