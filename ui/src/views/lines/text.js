// A message that somebody wrote.

import { formatMoment } from '../../format.js';
import { findQuestion } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderMessage } from './message.js';

/**
 * @import { ItemBody, RoomSummary } from '../../../generated/api.js'
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
      ${own && !stored ? renderUnsent(line, body) : nothing}`;
  return renderMessage(line, body, { own, bubble, sign: own && stored ? renderStored(app) : nothing, notes });
}

/** @param {App} app */
function renderStored({ t }) {
  return html`<span
    class="message__stored"
    role="img"
    aria-label=${t('state-stored')}
    title=${t('state-stored')}
    data-test="item-state"
    data-state="stored"
  >${renderIcon('check')}</span>`;
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

/**
 * @param {Line} line
 * @param {Text} body
 */
function renderUnsent(line, body) {
  const { app, room } = line;
  const look = `message__state message__state--${body.state}`;
  return html`<p class=${look} data-test="item-state" data-state=${body.state}>
    ${renderIcon('clock')}<span>${describeState(app, room, body)}</span>
    ${renderWithdraw(line)}
  </p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Text} body
 */
function describeState({ t }, room, { state }) {
  if (state !== 'waiting') return t(`state-${state}`);
  if (findQuestion(room) !== null) return t('state-waiting-reorganised');
  const { hosting, connection } = room;
  const isAway = hosting === null && connection.kind === 'waiting' && connection.reason === 'unreachable';
  return isAway ? t('state-waiting-away') : t('state-waiting');
}

/** @param {Line} line */
function renderWithdraw({ app: { t, actions }, room, item }) {
  const withdraw = () => actions.withdraw(room.room, item.id);
  return html`<button class="link" data-test="withdraw" @click=${withdraw}>${t('withdraw')}</button>`;
}
