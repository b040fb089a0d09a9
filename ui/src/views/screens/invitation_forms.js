// The invitation as text: a link, a code, words, and where the room is.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { InvitationView, RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { InvitationForm } from '../../../types/shell.js'
 */

/**
 * @param {App} app
 * @param {RoomHandle} room
 * @param {InvitationView} invitation
 * @param {unknown} spoken What is read aloud instead.
 */
export function renderInvitationForms(app, room, { link, code, words, address }, spoken) {
  const { t } = app;
  const [linkHint, whereHint] = [t('invite-link-hint'), t('invite-where-hint')];
  const look = 'mono selectable';
  return html`<div class="invite__forms">
      ${renderForm(app, room, 'link', t('invite-link'), `${look} invite__link`, splitIntoGroups(link), linkHint)}
      ${spoken}
      ${renderForm(app, room, 'code', t('invite-code'), `${look} invite__code`, splitIntoGroups(code))}
      ${renderForm(app, room, 'words', t('invite-words'), 'selectable words words--small', words.map(renderWord))}
      ${renderForm(app, room, 'address', t('invite-where'), look, address, whereHint)}
    </div>`;
}

/**
 * @param {App} app
 * @param {RoomHandle} room
 * @param {InvitationForm} form
 * @param {string} title
 * @param {string} look
 * @param {unknown} content
 * @param {string} [hint]
 */
function renderForm({ t, actions }, room, form, title, look, content, hint) {
  return html`<div class="invite__form"><h2 class="overline">${title}</h2><div class="invite__row"
    ><output dir="ltr" class=${look} data-test="invitation-${form}">${content}</output
    ><button
      class="button button--small"
      data-test="copy-${form}"
      aria-label=${t(`copy-${form}`)}
      @click=${() => actions.copyInvitation(room, form)}
    >${renderIcon('copy')}${t('copy')}</button></div>${hint ? html`<p class="fine">${hint}</p>` : nothing}</div>`;
}

/** @param {string} word */
function renderWord(word) {
  return html`<span>${word} </span>`;
}

/**
 * A line may end between two groups of a code and never inside one, where a reader would lose the place. The text stays
 * as it was.
 * @param {string} text
 */
function splitIntoGroups(text) {
  const code = CODE.exec(text);
  if (code === null) return text;
  const end = code.index + code[0].length;
  const groups = code[0].split(/(?<=-)/u).map((group) => html`<span class="group">${group}</span>`);
  return html`${text.slice(0, code.index)}${groups}${text.slice(end)}`;
}

/** Six groups of five signs (protocol 4.2). */
const CODE = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){5}/u;
