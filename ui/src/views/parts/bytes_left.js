import { countBytes } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/** @import { App } from '../../../types/app.js' */

/**
 * How much more may be written, once it gets close.
 * @param {App} app
 * @param {string} value
 * @param {number} max
 */
export function renderBytesLeft(app, value, max) {
  return renderLeft(app, max - countBytes(value), max);
}

/**
 * The same where a limit counts characters.
 * @param {App} app
 * @param {string} value
 * @param {number} max
 */
export function renderCharactersLeft(app, value, max) {
  return renderLeft(app, max - [...value].length, max);
}

/**
 * @param {App} app
 * @param {number} left
 * @param {number} max
 */
function renderLeft({ t }, left, max) {
  if (left > max / 8) return nothing;
  const text = left < 0 ? t('bytes-over', { count: -left }) : t('bytes-left', { count: left });
  return html`<p class=${left < 0 ? 'counter counter--over' : 'counter'} role="status" data-test="counter">${text}</p>`;
}
