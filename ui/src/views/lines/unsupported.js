// Something that a newer Conclave can show.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderMessage } from './message.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { Line } from '../../../types/line.js'
 */

/**
 * @param {Line} line
 * @param {Extract<ItemBody, { kind: 'unsupported' }>} body
 */
export function renderUnsupported(line, body) {
  const bubble = html`<p class="bubble bubble--unsupported">${line.app.t('unsupported')}</p>`;
  return renderMessage(line, body, { own: false, bubble });
}
