// A message that somebody wrote.

import { formatMoment } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderMessage } from './message.js';
import { renderConfirmed, renderOwnState, renderRetract } from './own.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Line } from '../../../types/line.js'
 *
 * @typedef {Extract<ItemBody, { kind: 'text' }>} Text
 */

/**
 * @param {Line} line
 * @param {Text} body
 */
export function renderText(line, body) {
  const { app, item } = line;
  const { own } = body;
  const stored = body.state === 'stored';
  const bubble = html`<p class="bubble selectable" dir="auto" title=${formatMoment(app, item.at)} data-test="item-text"
    >${body.text}</p>`;
  const notes = html`${body.claimedAt === null ? nothing : renderClaim(app, body.claimedAt)}
      ${own && !stored ? renderOwnState(line, body.state) : nothing}`;
  const sign = own && stored ? html`${renderConfirmed(line, body)}${renderRetract(line)}` : nothing;
  return renderMessage(line, body, { own, bubble, sign, notes });
}

/**
 * The sender's clock says another time than everybody else's.
 * @param {App} app
 * @param {number} at
 */
function renderClaim(app, at) {
  const text = app.t('claimed-at', { time: formatMoment(app, at) });
  return html`<p class="message__state">${renderIcon('clock')}${text}</p>`;
}
