// A room from inside: header, timeline, composer, and the people beside them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { duration } from '../format.js';
import { composerView } from './composer.js';
import { connectionChip, fileText, hasFile, hostingText, icon, isOver, titleOf } from './parts.js';
import { peopleView } from './people.js';
import { questionOf, reorganisedView } from './reorganised.js';
import { timelineView } from './timeline.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { ErrorCode, RoomHandle, RoomSummary, RoomView } from '../../generated/api.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} handle
 */
export function roomView(state, app, handle) {
  const summary = state.rooms.find((room) => room.room === handle);
  const { room: open, timeline } = state;
  if (summary === undefined || open === null || timeline === null) {
    return html`<main class="stage stage--lamp"><p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${app.t('room-loading')}</p></main>`;
  }
  const question = questionOf(summary);
  return html`<main class="room" aria-label=${titleOf(app, summary)}>
      ${header(state, app, summary, open.view)}
      ${question === null ? banner(app, summary, open.error) : reorganisedView(app, summary, question)}
      ${open.error === null || !hasFile(summary.phase) ? nothing : failure(app, handle, open.error)}
      ${timelineView(state, app, summary, open, timeline)}
      ${composerView(state, app, summary)}
    </main>
    ${peopleView(state, app, summary, open)}`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view
 */
function header({ drawer }, app, summary, view) {
  const { t, actions } = app;
  // Nobody can be invited into a room that is over for this computer.
  const over = isOver(summary);
  return html`<header class="room__head" data-pane>
    <button class="icon-button only-narrow" aria-label=${t('open-rooms')} title=${t('open-rooms')} aria-expanded=${drawer === 'sidebar' ? 'true' : 'false'} data-test="open-sidebar" @click=${() => actions.toggleDrawer('sidebar')}>${icon('menu')}</button>
    <div class="room__title">
      <h1 tabindex="-1" dir="auto" data-test="room-title">${titleOf(app, summary)}</h1>
      <p class="room__names">${view === null ? nothing : names(app, view)}</p>
    </div>
    ${summary.inMemory ? html`<span class="chip hide-narrow" title=${t('in-memory-hint')}>${icon('memory-stick')}${t('in-memory-chip')}</span>` : nothing}
    ${over ? nothing : html`${connectionChip(app, summary)}
    <button class="button button--small" data-test="invite" @click=${() => actions.invite(summary.room)}>${icon('user-plus')}<span class="hide-narrow">${t('invite')}</span><span class="visually-hidden only-narrow">${t('invite')}</span></button>`}
    <button class="icon-button not-wide" aria-label=${t('open-people')} title=${t('open-people')} aria-expanded=${drawer === 'people' ? 'true' : 'false'} data-test="open-people" @click=${() => actions.toggleDrawer('people')}>${icon('users')}</button>
  </header>`;
}

/**
 * @param {App} app
 * @param {RoomView} view
 */
function names({ t, strings }, view) {
  const others = view.people.filter((person) => !person.own).map((person) => person.nick);
  if (others.length === 0) return t('names-alone');
  const shown = others.slice(0, 4);
  const rest = others.length - shown.length;
  const list = [...shown, rest > 0 ? t('names-more', { count: rest }) : t('names-you')];
  return new Intl.ListFormat(strings.dates).format(list);
}

/**
 * What a person has to know about the room before reading on. At most one thing, the most important.
 * @param {App} app
 * @param {RoomSummary} room
 * @param {ErrorCode | null} error Why the room's file does not open.
 */
function banner(app, room, error) {
  const { t, actions } = app;
  const { phase, hosting, connection } = room;
  if (!hasFile(phase)) {
    const again = html`<button class="button button--small" data-test="retry" @click=${() => actions.readNewest(room.room)}>${t('try-again')}</button>`;
    const reason = error ?? room.unopened?.reason;
    const why = reason === undefined ? t(`phase-${phase}`) : t(`error-${reason}`);
    return bar('danger', 'triangle-alert', html`${why} ${fileText(app, room.unopened?.file)}`, again, `phase-${phase}`);
  }
  // Somebody who cannot get in has to know why.
  const entering = phase === 'joining' && (connection.kind === 'waiting' || connection.kind === 'stopped');
  if (phase !== 'open' && !entering) {
    const tone = phase === 'gone' ? 'warn' : 'plain';
    const sign = { joining: 'hourglass', awaitingConfirmation: 'hourglass', locked: 'lock', leaving: 'log-out', gone: 'info' }[phase];
    return bar(tone, /** @type {Parameters<typeof icon>[0]} */ (sign), t(`phase-${phase}`), nothing, `phase-${phase}`);
  }
  if (hosting !== null && hosting.state !== 'running' && hosting.state !== 'starting') {
    const open = html`<button class="button button--small" data-test="hosting-details" @click=${() => (hosting.state === 'stopped' ? actions.startHosting(room.room) : actions.invite(room.room))}>${hosting.state === 'stopped' ? t('hosting-start') : t('hosting-details')}</button>`;
    return bar(hosting.state === 'stopped' ? 'plain' : 'danger', 'power', hostingText(app, hosting), open, `hosting-${hosting.state}`);
  }
  if (connection.kind === 'waiting') {
    // Who is not in yet cannot write, so nothing waits.
    const why = entering && connection.reason === 'unreachable' ? t('phase-joining') : t(`fault-${connection.reason}`);
    return bar('warn', 'wifi-off', html`${why} ${t('connection-retry', { seconds: connection.retryIn })}`, retry(app, room, t('try-now')), `fault-${connection.reason}`);
  }
  if (connection.kind === 'online' && room.clockAhead !== null) {
    const ahead = { direction: room.clockAhead < 0 ? 'behind' : 'ahead', time: duration(app, Math.abs(room.clockAhead)) };
    return bar('warn', 'hourglass', t('clock-off', ahead), nothing, 'clock-off');
  }
  if (connection.kind === 'online' && room.relayFull) return bar('warn', 'info', t('relay-full'), nothing, 'relay-full');
  if (connection.kind === 'stopped') return bar('danger', 'wifi-off', html`${t(`fault-${connection.reason}`)} ${t('connection-no-retry')}`, retry(app, room, t('try-again')), `fault-${connection.reason}`);
  return nothing;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {string} label
 */
function retry({ actions }, { room }, label) {
  return html`<button class="button button--small" data-test="retry-room" @click=${() => actions.retryRoom(room)}>${label}</button>`;
}

/**
 * @param {string} tone
 * @param {Parameters<typeof icon>[0]} sign
 * @param {unknown} text
 * @param {unknown} action
 * @param {string} which
 */
function bar(tone, sign, text, action, which) {
  return html`<div class="notice notice--bar notice--${tone}" role="status" data-test="banner" data-state=${which}>${icon(sign)}<p>${text}</p>${action}</div>`;
}

/**
 * @param {App} app
 * @param {RoomHandle} room
 * @param {ErrorCode} code
 */
function failure({ t, actions }, room, code) {
  return html`<div class="notice notice--bar notice--danger" role="alert" data-test="error" data-code=${code}>${icon('circle-alert')}<p>${t(`error-${code}`)}</p>
    <button class="button button--small" data-test="retry" @click=${() => actions.readNewest(room)}>${t('try-again')}</button></div>`;
}
