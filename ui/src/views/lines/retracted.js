// A message that its author has taken back.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderMessage } from './message.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { Line } from '../../../types/line.js'
 */

/**
 * @param {Line} line
 * @param {Extract<ItemBody, { kind: 'retracted' }>} body
 */
export function renderRetracted(line, body) {
  const bubble = html`<p class="bubble bubble--unsupported" data-test="retracted">${line.app.t('retracted')}</p>`;
  return renderMessage(line, body, { own: body.own, bubble });
}
