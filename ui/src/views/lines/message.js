// What every line has that somebody said: who, when, and how long it lasts.

import { formatClock, formatMoment } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFuse } from '../parts/fuse.js';
import { renderGlyph } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { Item, ItemBody } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Line } from '../../../types/line.js'
 *
 * @typedef {Exclude<ItemBody, { kind: 'system' }>} SpokenBody
 *
 * @typedef {object} Content What differs from kind to kind.
 * @property {boolean} own
 * @property {unknown} bubble
 * @property {unknown} [sign] Beside it, behind the fuse.
 * @property {unknown} [notes] Below it.
 */

/** Lines of one person within this many seconds stand under one name. */
const GROUP_SECONDS = 300;

/**
 * @param {Line} line
 * @param {SpokenBody} body
 * @param {Content} content
 */
export function renderMessage(line, body, { own, bubble, sign = nothing, notes = nothing }) {
  const { app, item, previous, now } = line;
  const first = !continuesGroup(item, previous);
  return html`<article
    class=${`message ${own ? 'message--own' : ''} ${first ? 'message--first' : ''}`}
    data-test="item"
    data-id=${item.id}
    data-own=${own ? 'yes' : 'no'}
    .style=${`--hue: ${body.hue}`}
  >
    ${own ? nothing : html`<div class="message__mark">${first ? renderGlyph(body) : nothing}</div>`}
    <div class="message__body">
      ${renderSender(line, own ? app.t('you') : body.nick, first, !own && line.person?.ambiguous === true)}
      <div class="message__row">
        ${bubble}
        <span class="message__aside">${renderExpiry(app, item, now)}${sign}</span>
      </div>
      ${notes}
    </div>
  </article>`;
}

/**
 * @param {Item} item
 * @param {Item | undefined} previous
 */
function continuesGroup(item, previous) {
  if (previous === undefined || previous.body.kind === 'system' || item.body.kind === 'system') return false;
  return previous.body.sender === item.body.sender && item.at - previous.at < GROUP_SECONDS;
}

/**
 * Below the first line of a group, only a screen reader is told again.
 * @param {Line} line
 * @param {string} name
 * @param {boolean} first
 * @param {boolean} ambiguous Whether it may be mistaken for somebody else; whoever wrote it knows who that was.
 */
function renderSender({ app, item }, name, first, ambiguous) {
  const time = html`<time title=${formatMoment(app, item.at)}>${formatClock(app, item.at)}</time>`;
  return html`<p class=${first ? 'message__who' : 'visually-hidden'}>
        <b class="message__nick"><bdi>${name}</bdi></b>
        ${ambiguous ? renderAmbiguous(app) : nothing}
        ${first ? time : nothing}
      </p>`;
}

/** @param {App} app */
function renderAmbiguous({ t }) {
  return html`<span class="chip chip--warn chip--tiny" title=${t('ambiguous-hint')}
    >${renderIcon('triangle-alert')}${t('ambiguous')}</span>`;
}

/**
 * @param {App} app
 * @param {Item} item
 * @param {number} now
 */
function renderExpiry(app, { at, expiresAt }, now) {
  return expiresAt === null ? nothing : renderFuse(app, { expiresAt, lifetime: expiresAt - at, now });
}
