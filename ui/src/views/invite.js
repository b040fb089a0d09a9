// "Your room is open": the invitation in every form, who can reach the room, and stopping.

import { qr } from '../qr.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { formError, hostingText, icon, screenHead, titleOf } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { InvitationView, RoomSummary } from '../../generated/api.js'
 * @import { InvitationForm } from '../../types/shell.js'
 * @import { Screen } from '../state/events.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Screen, { name: 'invite' }>} screen
 */
export function inviteView(state, app, screen) {
  const { t, actions } = app;
  const room = state.rooms.find((summary) => summary.room === screen.room);
  const fault = faultOf(room);
  const title = !screen.fresh ? t('invite-title', { room: room ? titleOf(app, room) : '' }) : fault === null ? t('invite-title-fresh') : t('invite-title-unreached');
  return html`<main class="stage screen" data-pane>
    <div class="screen__column screen__column--wide">
      ${screenHead(app, title, t('invite-lead'))}
      ${formError(app, state.form, [])}
      ${fault === null ? nothing : html`<div class="notice notice--warn" role="status" data-test="unreached" data-state=${fault}>${icon('wifi-off')}<p>${t('invite-unreached')} ${t(`fault-${fault}`)}</p></div>`}
      ${screen.invitation === null
        ? state.form.error === null
          ? html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${t('invite-loading')}</p>`
          : html`<button class="button" data-test="retry" @click=${() => actions.invite(screen.room)}>${icon('refresh-cw')}${t('try-again')}</button>`
        : html`<section class="invite" aria-label=${t('invite-forms')}>
            <div class="invite__side">
              <div class="invite__qr">${qr(screen.invitation, t('invite-qr'))}</div>
              ${room === undefined ? nothing : presence(app, room)}
              <button class="button button--primary" data-test="enter" @click=${() => actions.openRoom(screen.room)}>${icon('door-open')}${t('invite-enter')}</button>
              ${room?.hosting?.state === 'running' ? html`<button class="button" data-test="stop-hosting" @click=${() => actions.openDialog({ name: 'stopHosting', room: screen.room })}>${icon('power')}${t('hosting-stop')}</button>` : nothing}
            </div>
            ${forms(app, screen.room, screen.invitation)}
          </section>`}
      ${room === undefined || room.hosting === null ? nothing : hostingPanel(app, room, room.hosting)}
    </div>
  </main>`;
}

/**
 * Why the relay of somebody else does not have the room at the moment; null if it does, or may in a moment.
 * @param {RoomSummary | undefined} room
 */
function faultOf(room) {
  if (room === undefined || room.hosting !== null) return null;
  return room.connection.kind === 'waiting' || room.connection.kind === 'stopped' ? room.connection.reason : null;
}

/**
 * @param {App} app
 * @param {string} room
 * @param {InvitationView} invitation
 */
function forms(app, room, invitation) {
  const { t, actions } = app;
  const copy = (/** @type {InvitationForm} */ form) => html`<button class="button button--small" data-test="copy-${form}" aria-label=${t(`copy-${form}`)} @click=${() => actions.copyInvitation(room, form)}>${icon('copy')}${t('copy')}</button>`;
  return html`<div class="invite__forms">
      <div class="invite__form"><h2 class="overline">${t('invite-link')}</h2><div class="invite__row"><output dir="ltr" class="mono selectable invite__link" data-test="invitation-link">${inGroups(invitation.link)}</output>${copy('link')}</div><p class="fine">${t('invite-link-hint')}</p></div>
      <div class="invite__form"><h2 class="overline">${t('invite-code')}</h2><div class="invite__row"><output dir="ltr" class="mono selectable invite__code" data-test="invitation-code">${inGroups(invitation.code)}</output>${copy('code')}</div></div>
      <div class="invite__form"><h2 class="overline">${t('invite-words')}</h2><div class="invite__row"><output dir="ltr" class="selectable words words--small" data-test="invitation-words">${invitation.words.map((word) => html`<span>${word} </span>`)}</output>${copy('words')}</div></div>
      <div class="invite__form"><h2 class="overline">${t('invite-where')}</h2><div class="invite__row"><output dir="ltr" class="mono selectable" data-test="invitation-address">${invitation.address}</output>${copy('address')}</div><p class="fine">${t('invite-where-hint')}</p></div>
    </div>`;
}

/**
 * A line may end between two groups of a code and never inside one, where a reader would lose the place. The text stays as it was.
 * @param {string} text
 */
function inGroups(text) {
  const code = CODE.exec(text);
  if (code === null) return text;
  const end = code.index + code[0].length;
  const groups = code[0].split(/(?<=-)/u);
  return html`${text.slice(0, code.index)}${groups.map((group) => html`<span class="group">${group}</span>`)}${text.slice(end)}`;
}

/** Six groups of five signs (protocol 4.2). */
const CODE = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){5}/u;

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function presence({ t }, room) {
  const alone = room.members <= 1;
  return html`<p class=${alone ? 'notice' : 'notice notice--good'} role="status" data-test="joined">${icon(alone ? 'hourglass' : 'users')}<span>${alone ? t('invite-nobody') : t('invite-joined', { count: room.members - 1 })}</span></p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {NonNullable<RoomSummary['hosting']>} hosting
 */
function hostingPanel(app, room, hosting) {
  const { t, actions } = app;
  const failed = hosting.state === 'portTaken' || hosting.state === 'failed';
  return html`<section class="panel" aria-label=${t('reach-title')} data-test="hosting" data-state=${hosting.state}>
    <h2>${t('reach-title')}</h2>
    ${failed
      ? html`<div class="notice notice--danger" role="alert" data-test="hosting-error">${icon('triangle-alert')}<p>${hostingText(app, hosting)}</p></div>`
      : html`<p class="reach"><span class="dot dot--${hosting.state === 'running' ? 'good' : 'off'}"></span><span>${t(`hosting-${hosting.state}`)}</span>
          ${hosting.state === 'running' ? html`<span class="reach__count" data-test="connected">${t('hosting-count', { count: hosting.connected })}</span>` : nothing}</p>`}
    ${hosting.state === 'running' && hosting.onlyHere
      ? html`<div class="notice notice--warn" role="alert" data-test="only-here">${icon('wifi-off')}<p>${t('hosting-only-here')}</p></div>`
      : nothing}
    ${failed ? nothing : html`<ul class="addresses">${hosting.addresses.map((address) => html`<li><span dir="ltr" class="mono selectable">${address}</span></li>`)}</ul>
    <p class="fine">${t('reach-hint')}</p>`}
    <div class="form__actions">
      ${failed && hosting.file === null ? html`<button class="button" data-test="renew-address" @click=${() => actions.openDialog({ name: 'renewAddress', room: room.room })}>${icon('refresh-cw')}${t('hosting-renew')}</button>` : nothing}
      ${failed || hosting.state === 'stopped' ? html`<button class="button" data-test="start-hosting" @click=${() => actions.startHosting(room.room)}>${icon('power')}${t('hosting-start')}</button>` : nothing}
    </div>
  </section>`;
}
