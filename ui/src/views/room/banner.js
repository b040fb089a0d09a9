// What a person has to know about the room before reading on. At most one thing, the most important.

import { formatDuration } from '../../format.js';
import { hasFile, isNotIn } from '../../phase.js';
import { findIdleEnd } from '../../silence.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFuse } from '../parts/fuse.js';
import { describeFile, describeHosting } from '../parts/hosting_text.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { ErrorCode, Hosting, RoomHandle, RoomPhase, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 *
 * @typedef {object} Bar
 * @property {'plain' | 'warn' | 'danger'} tone
 * @property {IconName} sign
 * @property {unknown} text
 * @property {unknown} [mark] Beside it.
 * @property {unknown} [action]
 * @property {string} state What it is about, for tests.
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {ErrorCode | null} error Why the room's file does not open.
 */
export function renderBanner(state, app, room, error) {
  const bar =
    warnOfFile(app, room, error) ??
    warnOfPhase(app, room) ??
    warnOfHosting(app, room) ??
    warnOfSilence(state, app, room) ??
    warnOfConnection(app, room);
  return bar === null ? nothing : renderBar(bar);
}

/** @param {Bar} bar */
function renderBar({ tone, sign, mark = nothing, text, action = nothing, state }) {
  return html`<div class="notice notice--bar notice--${tone}" role="status" data-test="banner" data-state=${state}
    >${renderIcon(sign)}<p>${text}</p>${mark}${action}</div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {ErrorCode | null} error
 * @returns {Bar | null}
 */
function warnOfFile(app, { room, phase, unopened }, error) {
  if (hasFile(phase)) return null;
  const { t, actions } = app;
  const reason = error ?? unopened?.reason;
  const why = reason === undefined ? t(`phase-${phase}`) : t(`error-${reason}`);
  return {
    tone: 'danger',
    sign: 'triangle-alert',
    text: html`${why} ${describeFile(app, unopened?.file)}`,
    action: html`<button class="button button--small" data-test="retry" @click=${() => actions.readNewest(room)}
      >${t('try-again')}</button>`,
    state: `phase-${phase}`,
  };
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar | null}
 */
function warnOfPhase(app, room) {
  const { t } = app;
  const { phase } = room;
  if (phase === 'closing' || phase === 'erasing') return warnOfClosing(app, room);
  const sign = SIGNS[phase];
  // Somebody who cannot get in has to know why, which the connection says.
  if (sign === undefined || isKeptOut(room)) return null;
  const isUntold = phase === 'leaving' && room.connection.kind !== 'online';
  const text = isUntold ? t('phase-leaving-away') : t(`phase-${phase}`);
  return { tone: phase === 'gone' ? 'warn' : 'plain', sign, text, state: `phase-${phase}` };
}

/** Phases that say something by themselves. @type {Partial<Record<RoomPhase, IconName>>} */
const SIGNS = {
  joining: 'hourglass',
  awaitingConfirmation: 'hourglass',
  leaving: 'log-out',
  gone: 'info',
};

/**
 * A room that was closed or erased while the relay was not reached.
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar}
 */
function warnOfClosing(app, { room, phase, connection }) {
  const { t, actions } = app;
  const fault = 'reason' in connection ? connection.reason : null;
  const why = fault === null || fault === 'unreachable' ? nothing : t(`fault-${fault}`);
  const remove = () => actions.openDialog({ name: 'remove', room });
  return {
    tone: 'warn',
    sign: 'hourglass',
    text: html`${t(`phase-${phase}`)} ${why}`,
    action: html`<span class="notice__actions">
      ${fault === null ? nothing : renderRetry(app, room, t('try-now'))}
      <button class="button button--small" data-test="remove-only" @click=${remove}>${t('remove-only')}</button>
    </span>`,
    state: `phase-${phase}`,
  };
}

/** Also somebody who seemed to be in, as after a passphrase that was mistyped. @param {RoomSummary} room */
function isKeptOut({ phase, connection }) {
  if (connection.kind === 'stopped') return phase === 'joining' || phase === 'awaitingConfirmation';
  return phase === 'joining' && connection.kind === 'waiting';
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar | null}
 */
function warnOfHosting(app, { room, hosting }) {
  if (hosting === null || hosting.state === 'running' || hosting.state === 'starting') return null;
  return {
    tone: hosting.state === 'stopped' ? 'plain' : 'danger',
    sign: 'power',
    text: describeHosting(app, hosting),
    action: renderHostingButton(app, room, hosting),
    state: `hosting-${hosting.state}`,
  };
}

/**
 * Starts what was stopped; what failed is explained first.
 * @param {App} app
 * @param {string} room
 * @param {Hosting} hosting
 */
function renderHostingButton({ t, actions }, room, { state }) {
  const stopped = state === 'stopped';
  const act = () => (stopped ? actions.startHosting(room) : actions.invite(room));
  return html`<button class="button button--small" data-test="hosting-details" @click=${act}
    >${stopped ? t('hosting-start') : t('hosting-details')}</button>`;
}

/**
 * The room ends if nobody writes. Where its relay cannot be reached again, that comes first.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar | null}
 */
function warnOfSilence(state, app, room) {
  const idle = findIdleEnd(state, room);
  if (idle === null || room.connection.kind === 'stopped') return null;
  const { t, actions } = app;
  const left = idle.expiresAt - state.now;
  return {
    tone: 'warn',
    sign: 'moon',
    text: t('idle-ends', { left: left > 0 ? 'some' : 'little', time: formatDuration(app, left) }),
    mark: renderFuse(app, { ...idle, now: state.now }, 'fuse-room'),
    action: html`<button class="button button--small" data-test="keep-room" @click=${() => actions.keepRoom(room.room)}
      >${t('keep')}</button>`,
    state: 'idle',
  };
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar | null}
 */
function warnOfConnection(app, room) {
  const { t } = app;
  switch (room.connection.kind) {
    case 'waiting': {
      const { reason, retryIn } = room.connection;
      // Who is not in yet cannot write, so nothing waits.
      const why = isKeptOut(room) && reason === 'unreachable' ? t('phase-joining') : t(`fault-${reason}`);
      const text = html`${why} ${t('connection-retry', { seconds: retryIn })}`;
      const action = renderRetry(app, room.room, t('try-now'));
      return { tone: 'warn', sign: 'wifi-off', text, action, state: `fault-${reason}` };
    }
    case 'stopped': {
      const { reason } = room.connection;
      if (isNotIn(room) && (reason === 'noSuchRoom' || reason === 'roomGone')) return warnOfNothing(app, room.room);
      const text = html`${t(`fault-${reason}`)} ${t('connection-no-retry')}`;
      const action = renderRetry(app, room.room, t('try-again'));
      return { tone: 'danger', sign: 'wifi-off', text, action, state: `fault-${reason}` };
    }
    case 'online':
      return warnOfRelay(app, room);
    default:
      return null;
  }
}

/**
 * A room that was gone before this person came in: nothing can be tried but another invitation.
 * @param {App} app
 * @param {RoomHandle} room
 * @returns {Bar}
 */
function warnOfNothing(app, room) {
  const { t, actions } = app;
  const remove = () => actions.openDialog({ name: 'remove', room });
  return {
    tone: 'danger',
    sign: 'info',
    text: t('joining-gone'),
    action: html`<span class="notice__actions">
      ${renderRetry(app, room, t('try-again'))}
      <button class="button button--small" data-test="remove-only" @click=${remove}>${t('remove')}</button>
    </span>`,
    state: 'joining-gone',
  };
}

/**
 * What the relay tells once it is reached.
 * @param {App} app
 * @param {RoomSummary} room
 * @returns {Bar | null}
 */
function warnOfRelay(app, { clockAhead, relayFull }) {
  const { t } = app;
  if (clockAhead !== null) {
    const time = formatDuration(app, Math.abs(clockAhead));
    const text = t('clock-off', { direction: clockAhead < 0 ? 'behind' : 'ahead', time });
    return { tone: 'warn', sign: 'hourglass', text, state: 'clock-off' };
  }
  return relayFull ? { tone: 'warn', sign: 'info', text: t('relay-full'), state: 'relay-full' } : null;
}

/**
 * @param {App} app
 * @param {RoomHandle} room
 * @param {string} label
 */
function renderRetry({ actions }, room, label) {
  return html`<button class="button button--small" data-test="retry-room" @click=${() => actions.retryRoom(room)}
    >${label}</button>`;
}
