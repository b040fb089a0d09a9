// The rooms on this computer.

import { formatDuration } from '../format.js';
import { findQuestion } from '../phase.js';
import { findIdleEnd } from '../silence.js';
import { findRoom } from '../state/screen.js';
import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { renderFuse, renderKnockFuse } from './parts/fuse.js';
import { renderRoomMark } from './parts/glyph.js';
import { renderIcon } from './parts/icon.js';
import { formatTitle } from './parts/title.js';

/**
 * @import { LastLine, RoomSummary } from '../../generated/api.js'
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderSidebar(state, app) {
  const { t } = app;
  const look = state.drawer === 'sidebar' ? 'sidebar sidebar--open' : 'sidebar';
  return html`<nav class=${look} aria-label=${t('rooms')} data-pane data-drawer="sidebar">
    ${renderHead(app)}
    <h2 class="overline">${t('rooms')}</h2>
    <ul class="sidebar__list" data-roving data-test="rooms">
      ${renderRooms(state, app)}
    </ul>
    ${renderFoot(state, app)}
  </nav>`;
}

/** @param {App} app */
function renderHead({ t, actions }) {
  return html`<div class="sidebar__head">
      <button class="brand" @click=${actions.goHome} data-test="go-home"
        >${renderIcon('flame')}<span>Conclave</span></button>
      <button
        class="icon-button"
        aria-label=${t('new-room')}
        title=${t('new-room')}
        data-test="new-room"
        @click=${actions.goHome}
      >${renderIcon('plus')}</button>
    </div>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderRooms(state, app) {
  const { rooms, screen } = state;
  const here = findRoom(screen);
  // One stop of the tab order: the room on the screen, or else the first.
  const stop = rooms.some(({ room }) => room === here) ? here : (rooms[0]?.room ?? null);
  return repeat(
    rooms,
    ({ room }) => room,
    (room) => html`<li>${renderEntry(state, app, room, room.room === here, room.room === stop)}</li>`,
  );
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {boolean} current
 * @param {boolean} stop
 */
function renderEntry(state, app, room, current, stop) {
  return html`<button
    class=${room.ended === null ? 'room-entry' : 'room-entry room-entry--ended'}
    data-rover
    ?data-pane-start=${stop}
    tabindex=${stop ? '0' : '-1'}
    aria-current=${current ? 'page' : nothing}
    data-test="room"
    data-room=${room.room}
    @click=${() => app.actions.openRoom(room.room)}
  >
    ${renderRoomMark(room.room, room.title)}
    <span class="room-entry__text">
      <b dir="auto">${formatTitle(app, room)}</b>
      <span class="room-entry__line" dir="auto">${describeRoom(state, app, room)}</span>
    </span>
    <span class="room-entry__side">
      ${renderKnocks(app, countKnocks(state, room))}
      ${room.unread > 0 ? renderUnread(app, room.unread) : nothing}
      ${renderExpiry(state, app, room)}
    </span>
  </button>`;
}

/**
 * What most needs to be known about a room, in one line.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 */
function describeRoom(state, app, room) {
  const { t } = app;
  const { phase, hosting, connection, ended, knock } = room;
  if (ended !== null) return t(`ended-short-${ended}`);
  if (knock !== null && knock.state !== 'waiting') return t(`knocking-${knock.state}-title`);
  const isOutside = knock !== null || phase === 'joining';
  if (isOutside && connection.kind === 'stopped') return t('connection-stopped');
  if (phase !== 'open' && phase !== 'locked') return t(`phase-short-${phase}`);
  if (findQuestion(room) !== null || room.eraseAsked !== null) return t('reorganised-short');
  if (room.moved !== null) return html`${renderIcon('signpost')} ${t('moved-short')}`;
  const knocking = countKnocks(state, room);
  if (knocking > 0) return t('knocks-short', { count: knocking });
  if (hosting !== null && hosting.state !== 'running') return t(`hosting-short-${hosting.state}`);
  const idle = findIdleEnd(state, room);
  if (idle !== null) {
    const left = idle.expiresAt - state.now;
    return t('idle-short', { left: left > 0 ? 'some' : 'little', time: formatDuration(app, left) });
  }
  if (connection.kind === 'stopped' || connection.kind === 'waiting') return t(`connection-${connection.kind}`);
  return describeLast(app, room);
}

/**
 * What was said last, or else how many people are there.
 * @param {App} app
 * @param {RoomSummary} room
 */
function describeLast({ t }, room) {
  const { hosting, lastLine } = room;
  const text = lastLine === null ? '' : describeLine(t, lastLine);
  if (lastLine !== null && text !== '') {
    const { own, nick } = lastLine;
    return own ? t('last-line-own', { text }) : t('last-line', { nick: nick ?? '', text });
  }
  return hosting === null
    ? t('member-count', { count: room.members })
    : t('hosting-count', { count: hosting.connected });
}

/**
 * @param {App['t']} t
 * @param {LastLine} line
 */
function describeLine(t, { kind, text }) {
  if (kind === 'viewOnce') return t('view-once-card');
  if (kind === 'moved') return t('moved-last');
  return kind === 'retracted' ? t('retracted') : text;
}

/**
 * Who waits at the door of a room.
 * @param {State} state
 * @param {RoomSummary} room
 */
function countKnocks({ knocks }, { room }) {
  return (knocks.waiting[room] ?? []).length;
}

/**
 * @param {App} app
 * @param {number} count
 */
function renderKnocks({ t }, count) {
  if (count === 0) return nothing;
  const label = t('knocks-short', { count });
  return html`<span class="badge badge--knocks" role="img" aria-label=${label} title=${label} data-test="knocks-count"
    >${renderIcon('hand-fist')}${count}</span>`;
}

/**
 * @param {App} app
 * @param {number} count
 */
function renderUnread({ t }, count) {
  return html`<span class="badge" data-test="unread" aria-label=${t('unread', { count })}
    >${count > 99 ? '99+' : count}</span>`;
}

/**
 * The fuse of the room, where it ends soon, or else of its newest line.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderExpiry(state, app, room) {
  const { now } = state;
  const { knock, lastLine, messageTtl, moved } = room;
  if (knock !== null) return knock.endsAt === null ? nothing : renderKnockFuse(app, knock.endsAt, now);
  const movedEnd = moved?.endsAt ?? null;
  if (movedEnd !== null) return renderFuse(app, { expiresAt: movedEnd, lifetime: messageTtl, now }, 'fuse-room');
  const idle = findIdleEnd(state, room);
  if (idle !== null) return renderFuse(app, { ...idle, now }, 'fuse-room');
  if (lastLine === null) return nothing;
  return renderFuse(app, { expiresAt: lastLine.at + messageTtl, lifetime: messageTtl, now });
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderFoot({ vault }, { t, actions }) {
  const inMemory = isInMemory(vault);
  const search = () => actions.openDialog({ name: 'switcher' });
  const memory = html`<p class="fine sidebar__memory">${renderIcon('memory-stick')}${t('place-memory')}</p>`;
  return html`<div class="sidebar__foot">
      ${inMemory ? memory : nothing}
      <button class="button button--quiet" data-test="search" @click=${search}
        >${renderIcon('search')}${t('switcher-open')}</button>
      <button class="button button--quiet" data-test="lock-now" @click=${actions.lock}
        >${renderIcon('lock')}${inMemory ? t('forget-now') : t('lock-now')}</button>
      <button class="button button--quiet" data-test="settings" @click=${actions.openSettings}
        >${renderIcon('settings')}${t('settings')}</button>
    </div>`;
}
