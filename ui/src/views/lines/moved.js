// The line by which the owner leads everybody to the new room.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { formatList } from '../parts/list.js';
import { renderMessage } from './message.js';
import { renderOwnState, renderRetract } from './own.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { Line } from '../../../types/line.js'
 */

/**
 * @param {Line} line
 * @param {Extract<ItemBody, { kind: 'moved' }>} body
 */
export function renderMovedLine(line, body) {
  const { own, places, state } = body;
  const { t, actions } = line.app;
  const stored = state === 'stored';
  const bubble = html`<p class="bubble bubble--moved" data-test="moved-line"
    >${renderIcon('signpost')}<span>${t('moved-line', { place: formatList(line.app, places) })}</span></p>`;
  // It leads people: that is not taken back by one slip.
  const ask = () => actions.openDialog({ name: 'takeMoveBack', room: line.room.room });
  const sign = own && stored ? renderRetract(line, ask) : nothing;
  const notes = own && !stored ? renderOwnState(line, state, ask) : nothing;
  return renderMessage(line, body, { own, bubble, sign, notes });
}
