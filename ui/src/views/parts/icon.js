import { icons } from '../../vendor/icons.js';
import { html } from '../../vendor/lit-html/lit-html.js';

/** @typedef {keyof typeof icons} IconName */

/** @param {IconName} name */
export function renderIcon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[name]}</svg>`;
}
