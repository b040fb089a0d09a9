// The rooms on this computer.

import { fuse } from '../fuse.js';
import { roomMark } from '../glyph.js';
import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon, titleOf } from './parts.js';
import { questionOf } from './reorganised.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { RoomSummary } from '../../generated/api.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function sidebarView(state, app) {
  const { t, actions } = app;
  const here = 'room' in state.screen ? state.screen.room : null;
  // One stop of the tab order: the room on the screen, or else the first.
  const stop = state.rooms.some((room) => room.room === here) ? here : (state.rooms[0]?.room ?? null);
  return html`<nav class=${state.drawer === 'sidebar' ? 'sidebar sidebar--open' : 'sidebar'} aria-label=${t('rooms')} data-pane data-drawer="sidebar">
    <div class="sidebar__head">
      <button class="brand" @click=${actions.goHome} data-test="go-home">${icon('flame')}<span>Conclave</span></button>
      <button class="icon-button" aria-label=${t('new-room')} title=${t('new-room')} data-test="new-room" @click=${actions.goHome}>${icon('plus')}</button>
    </div>
    <h2 class="overline">${t('rooms')}</h2>
    <ul class="sidebar__list" data-roving data-test="rooms">
      ${repeat(
        state.rooms,
        (room) => room.room,
        (room) => html`<li>${roomEntry(state, app, room, room.room === here, room.room === stop)}</li>`,
      )}
    </ul>
    <div class="sidebar__foot">
      ${isInMemory(state.vault) ? html`<p class="fine sidebar__memory">${icon('memory-stick')}${t('place-memory')}</p>` : nothing}
      <button class="button button--quiet" data-test="search" @click=${() => actions.openDialog({ name: 'switcher' })}>${icon('search')}${t('switcher-open')}</button>
      <button class="button button--quiet" data-test="lock-now" @click=${actions.lock}>${icon('lock')}${isInMemory(state.vault) ? t('forget-now') : t('lock-now')}</button>
      <button class="button button--quiet" data-test="settings" @click=${actions.openSettings}>${icon('settings')}${t('settings')}</button>
    </div>
  </nav>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {boolean} current
 * @param {boolean} stop
 */
function roomEntry(state, app, room, current, stop) {
  const { t, actions } = app;
  const title = titleOf(app, room);
  return html`<button class="room-entry" data-rover ?data-pane-start=${stop} tabindex=${stop ? '0' : '-1'} aria-current=${current ? 'page' : nothing}
      data-test="room" data-room=${room.room} @click=${() => actions.openRoom(room.room)}>
    ${roomMark(room.room, room.title)}
    <span class="room-entry__text">
      <b dir="auto">${title}</b>
      <span class="room-entry__line" dir="auto">${secondLine(app, room)}</span>
    </span>
    <span class="room-entry__side">
      ${room.unread > 0 ? html`<span class="badge" data-test="unread" aria-label=${t('unread', { count: room.unread })}>${room.unread > 99 ? '99+' : room.unread}</span>` : nothing}
      ${room.lastLine === null ? nothing : fuse(app, { expiresAt: room.lastLine.at + room.messageTtl, lifetime: room.messageTtl, now: state.now })}
    </span>
  </button>`;
}

/**
 * What most needs to be known about a room, in one line.
 * @param {App} app
 * @param {RoomSummary} room
 */
function secondLine({ t }, room) {
  if (room.phase !== 'open' && room.phase !== 'locked') return t(`phase-short-${room.phase}`);
  if (questionOf(room) !== null) return t('reorganised-short');
  if (room.hosting !== null && room.hosting.state !== 'running') return t(`hosting-short-${room.hosting.state}`);
  if (room.connection.kind === 'stopped' || room.connection.kind === 'waiting') return t(`connection-${room.connection.kind}`);
  if (room.lastLine === null || room.lastLine.text === '') return room.hosting === null ? t('member-count', { count: room.members }) : t('hosting-count', { count: room.hosting.connected });
  if (room.lastLine.own) return t('last-line-own', { text: room.lastLine.text });
  return t('last-line', { nick: room.lastLine.nick ?? '', text: room.lastLine.text });
}
