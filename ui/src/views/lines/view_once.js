// A message that can be read once: a closed card, the text while it is held, and what is left of it.

import { isShown } from '../../state/reading.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderMessage } from './message.js';
import { renderConfirmed, renderOwnState, renderRetract } from './own.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { Reading } from '../../state/reading.js'
 * @import { Line } from '../../../types/line.js'
 *
 * @typedef {Extract<ItemBody, { kind: 'viewOnce' }>} ViewOnce
 */

/**
 * @param {Line} line
 * @param {ViewOnce} body
 */
export function renderViewOnce(line, body) {
  return body.own ? renderOwn(line, body) : renderReceived(line, body);
}

/**
 * @param {Line} line
 * @param {ViewOnce} body
 */
function renderOwn(line, body) {
  const { t } = line.app;
  const { card, seconds, state } = body;
  const isOver = card === 'unread' || card === 'gone';
  const said = isOver ? t(`view-once-own-${card}`) : t('view-once-seconds', { seconds });
  const bubble = html`<div class="bubble sealed sealed--${card}" data-test="card" data-card=${card}>
    ${renderIcon(card === 'sealed' ? 'mail' : 'flame')}
    <span><b>${t('view-once-own')}</b><span class="fine">${said}</span></span>
  </div>`;
  const stored = state === 'stored';
  const sign = stored ? html`${renderConfirmed(line, body)}${renderRetract(line)}` : nothing;
  const notes = stored ? nothing : renderOwnState(line, state);
  return renderMessage(line, body, { own: true, bubble, sign, notes });
}

/**
 * @param {Line} line
 * @param {ViewOnce} body
 */
function renderReceived(line, body) {
  const { app, item, reading } = line;
  const isOpen = reading?.item === item.id;
  const isOver = body.card !== 'sealed' && !isOpen;
  if (isOver) return renderMessage(line, body, { own: false, bubble: renderAsh(line, body) });
  const bubble = renderCard(line, body, isOpen ? reading : null);
  const notes = html`<p class="message__state">${app.t('view-once-hint')}</p>`;
  return renderMessage(line, body, { own: false, bubble, notes });
}

/**
 * What is left of a card that is over.
 * @param {Line} line
 * @param {ViewOnce} body
 */
function renderAsh({ app: { t } }, { card }) {
  return html`<p class="bubble sealed sealed--${card}" data-test="card" data-card=${card}
    >${renderIcon('flame')}<span>${t(`view-once-${card}`)}</span></p>`;
}

/**
 * The text is drawn while it is held, and nothing of it otherwise. It cannot be selected, copied or dragged away.
 * @param {Line} line
 * @param {ViewOnce} body
 * @param {Reading | null} reading
 */
function renderCard({ app: { t, actions }, room, item }, { seconds }, reading) {
  const hold = () => void actions.holdCard(room.room, item.id);
  const release = () => actions.releaseCard(room.room, item.id);
  const keep = () => void actions.keepCard(room.room, item.id);
  const refuse = (/** @type {Event} */ event) => event.preventDefault();
  const press = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    hold();
  };
  const pressKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    if (!event.repeat) hold();
  };
  const releaseKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === ' ' || event.key === 'Enter') release();
  };
  const shown = isShown(reading);
  const kept = reading?.kept === true;
  const look = shown ? 'bubble sealed sealed--open' : 'bubble sealed';
  return html`<div class=${look} data-test="card" data-card=${shown ? 'open' : 'sealed'}
      @copy=${refuse} @cut=${refuse} @contextmenu=${refuse} @dragstart=${refuse}>
    <div class="sealed__face" role="button" tabindex="0" data-test="card-hold"
      aria-description=${t('view-once-hold-label', { seconds })}
      @pointerdown=${press} @pointerup=${release} @pointercancel=${release} @keydown=${pressKey} @keyup=${releaseKey}
      @blur=${release}>
      ${shown
        ? html`<span class="sealed__text" dir="auto" data-test="card-text">${actions.readCard()}</span>`
        : html`${renderIcon('mail')}<span><b>${t('view-once-card')}</b
            ><span class="fine">${describe(t, seconds, reading)}</span></span>`}
    </div>
    <div class="sealed__foot">
      ${reading === null || reading.left === null ? nothing : renderLeft(t, reading.left)}
      ${reading === null || reading.left === null ? nothing : renderDone(t, actions.closeCard)}
      <button class="link" data-test="card-keep" aria-pressed=${kept ? 'true' : 'false'} @click=${keep}
        >${kept ? t('view-once-cover') : t('view-once-keep')}</button>
    </div>
    <span class="visually-hidden" aria-live="polite">${shown && kept ? actions.readCard() : nothing}</span>
  </div>`;
}

/**
 * @param {Line['app']['t']} t
 * @param {number} seconds
 */
function renderLeft(t, seconds) {
  return html`<span class="sealed__left" data-test="card-left" role="timer">${t('view-once-left', { seconds })}</span>`;
}

/**
 * Who has read it leaves it to nobody else.
 * @param {Line['app']['t']} t
 * @param {() => void} close
 */
function renderDone(t, close) {
  return html`<button class="link" data-test="card-done" @click=${close}>${t('view-once-done')}</button>`;
}

/**
 * @param {Line['app']['t']} t
 * @param {number} seconds
 * @param {Reading | null} reading
 */
function describe(t, seconds, reading) {
  if (reading === null) return t('view-once-hold', { seconds });
  return reading.left === null ? t('view-once-opening') : t('view-once-covered');
}
