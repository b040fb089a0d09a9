// The lines of a room, oldest first, grouped by who speaks and by day.

import { clock, day, moment, sameDay } from '../format.js';
import { fuse } from '../fuse.js';
import { glyph } from '../glyph.js';
import { isAtEnd, isNearBeginning } from '../scroll.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { guard } from '../vendor/lit-html/directives/guard.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { hasFile, icon } from './parts.js';
import { questionOf } from './reorganised.js';
import { systemText } from './system_line.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Item, Person, RoomSummary } from '../../generated/api.js'
 * @import { OpenRoom } from '../state/room.js'
 * @import { State } from '../state/slices.js'
 * @import { Timeline } from '../state/timeline.js'
 * @typedef {Extract<Item['body'], { kind: 'text' }>} Text
 */

/** Lines of one person within this many seconds stand under one name. */
const GROUP_SECONDS = 300;

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {OpenRoom} open
 * @param {Timeline} timeline
 */
export function timelineView(state, app, room, open, timeline) {
  const { t, actions } = app;
  const { lines } = timeline;
  const onScroll = (/** @type {Event} */ event) => {
    const log = /** @type {HTMLElement} */ (event.currentTarget);
    actions.reachEnd(room.room, isAtEnd(log));
    if (isNearBeginning(log)) void actions.loadEarlier(room.room);
  };
  // What has burned is not drawn even if the engine has not said so yet.
  const items = (lines?.items ?? []).filter((item) => item.expiresAt === null || item.expiresAt > state.now);
  const people = new Map(open.view?.people.map((person) => [person.member, person]));
  const jump = lines !== null && (lines.detached || (!timeline.atEnd && lines.unseen > 0) || (!timeline.atEnd && items.length > 0));
  return html`<section class="timeline" aria-label=${t('timeline')}>
    <div class="timeline__scroll" role="log" aria-live="polite" aria-relevant="additions" aria-label=${t('timeline')} tabindex="0" data-pane data-scroller data-test="timeline" @scroll=${onScroll}>
      ${lines === null
        ? open.error === null && hasFile(room.phase)
          ? html`<div class="skeletons" role="status" aria-label=${t('room-loading')}>${[1, 2, 3, 4].map((n) => html`<span class="skeleton skeleton--${n}"></span>`)}</div>`
          : nothing
        : html`${lines.earlier === null
              ? html`<p class="timeline__start">${icon('flame')}${t('timeline-start')}</p>`
              : html`<div class="timeline__earlier"><button class="button button--quiet button--small" ?disabled=${timeline.loadingEarlier} data-test="load-earlier" @click=${() => actions.loadEarlier(room.room)}>${timeline.loadingEarlier ? html`<span class="spinner" aria-hidden="true"></span>${t('loading-earlier')}` : t('load-earlier')}</button></div>`}
          ${items.length === 0 ? emptyRoom(app, room) : nothing}
          <div class="timeline__lines">${repeat(
            items,
            (item) => item.id,
            (item, index) => {
              // A key pressed in the composer draws the window anew; hundreds of lines that did not change are left alone.
              const on = [item, items[index - 1], personOf(item, people), room.hosting === null, room.connection.kind, questionOf(room) === null, moving(item, state.now)];
              return guard(on, () => line(state, app, room, item, items[index - 1], people));
            },
          )}</div>`}
    </div>
    ${jump
      ? html`<button class=${lines.unseen > 0 ? 'pill pill--new' : 'pill'} data-test="jump-newest" @click=${() => jumpToEnd(app, room, lines.detached)}>${icon('arrow-down')}${lines.unseen > 0 ? t('new-messages', { count: lines.unseen }) : t('jump-newest')}</button>`
      : nothing}
  </section>`;
}

/**
 * @param {Item} item
 * @param {Map<string, Person>} people
 */
function personOf({ body }, people) {
  return body.kind === 'system' ? undefined : people.get(body.sender);
}

/**
 * How far the clock has to move for a line to look different: its fuse shows minutes, and at the end seconds.
 * @param {Item} item
 * @param {number} now Unix seconds.
 */
function moving(item, now) {
  return item.expiresAt !== null && item.expiresAt - now < 120 ? now : Math.floor(now / 60);
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Item} item
 * @param {Item | undefined} previous
 * @param {Map<string, Person>} people
 */
function line(state, app, room, item, previous, people) {
  const newDay = previous === undefined || !sameDay(previous.at, item.at);
  return html`<div class="line" data-line>
    ${newDay ? html`<p class="day" role="separator" aria-label=${day(app, item.at, state.now)}><span aria-hidden="true">${day(app, item.at, state.now)}</span></p>` : nothing}
    ${item.body.kind === 'system'
      ? html`<p class="system system--${item.body.event.event}" data-test="item" data-id=${item.id} data-kind=${item.body.event.event}><span>${systemText(app, item.body.event)}</span><time title=${moment(app, item.at)}>${clock(app, item.at)}</time></p>`
      : spoken(state, app, room, item, newDay ? undefined : previous, people)}
  </div>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Item} item
 * @param {Item | undefined} previous
 * @param {Map<string, Person>} people
 */
function spoken(state, app, room, item, previous, people) {
  const { t } = app;
  const { body } = item;
  if (body.kind === 'system') return nothing;
  const own = body.kind === 'text' && body.own;
  const person = people.get(body.sender);
  const first = !continues(previous, item);
  const mark = glyph(body);
  return html`<article class=${`message ${own ? 'message--own' : ''} ${first ? 'message--first' : ''}`} data-test="item" data-id=${item.id} data-own=${own ? 'yes' : 'no'} .style=${`--hue: ${body.hue}`}>
    ${own ? nothing : html`<div class="message__mark">${first ? mark : nothing}</div>`}
    <div class="message__body">
      <p class=${first ? 'message__who' : 'visually-hidden'}>
        <b class="message__nick"><bdi>${own ? t('you') : body.nick}</bdi></b>
        ${person?.ambiguous ? html`<span class="chip chip--warn chip--tiny" title=${t('ambiguous-hint')}>${icon('triangle-alert')}${t('ambiguous')}</span>` : nothing}
        ${first ? html`<time title=${moment(app, item.at)}>${clock(app, item.at)}</time>` : nothing}
      </p>
      <div class="message__row">
        ${body.kind === 'text' ? html`<p class="bubble selectable" dir="auto" title=${moment(app, item.at)} data-test="item-text">${body.text}</p>` : html`<p class="bubble bubble--unsupported">${t('unsupported')}</p>`}
        <span class="message__aside">${item.expiresAt === null ? nothing : fuse(app, { expiresAt: item.expiresAt, lifetime: item.expiresAt - item.at, now: state.now })}${body.kind === 'text' && own && body.state === 'stored' ? stored(app) : nothing}</span>
      </div>
      ${body.kind === 'text' && body.claimedAt !== null ? html`<p class="message__state">${icon('clock')}${t('claimed-at', { time: moment(app, body.claimedAt) })}</p>` : nothing}
      ${body.kind === 'text' && own && body.state !== 'stored' ? unsent(app, room, item, body) : nothing}
    </div>
  </article>`;
}

/** @param {App} app */
function stored({ t }) {
  return html`<span class="message__stored" role="img" aria-label=${t('state-stored')} title=${t('state-stored')} data-test="item-state" data-state="stored">${icon('check')}</span>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Item} item
 * @param {Text} body
 */
function unsent(app, room, item, body) {
  const { t, actions } = app;
  const away = body.state === 'waiting' && room.hosting === null && room.connection.kind === 'waiting';
  const asked = body.state === 'waiting' && questionOf(room) !== null;
  const text = asked ? t('state-waiting-reorganised') : away ? t('state-waiting-host') : t(`state-${body.state}`);
  const again = () => {
    actions.editAgain(room.room, body.text);
    document.getElementById('composer')?.focus();
  };
  return html`<p class=${`message__state message__state--${body.state}`} data-test="item-state" data-state=${body.state}>
    ${icon(body.state === 'failed' ? 'circle-alert' : 'clock')}<span>${text}</span>
    ${body.state === 'failed'
      ? html`<button class="link" data-test="edit-again" @click=${again}>${t('edit-again')}</button>`
      : html`<button class="link" data-test="withdraw" @click=${() => actions.withdraw(room.room, item.id)}>${t('withdraw')}</button>`}
  </p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function emptyRoom({ t, actions }, room) {
  const alone = room.members <= 1;
  return html`<div class="empty" data-test="empty-room">
    <span class="emblem" aria-hidden="true">${icon(alone ? 'user-plus' : 'flame')}</span>
    <p>${alone ? t('empty-alone') : t('empty-quiet')}</p>
    ${alone ? html`<button class="button" @click=${() => actions.invite(room.room)}>${t('invite')}</button>` : nothing}
  </div>`;
}

/**
 * @param {Item | undefined} previous
 * @param {Item} item
 */
function continues(previous, item) {
  if (previous === undefined || previous.body.kind === 'system' || item.body.kind === 'system') return false;
  return previous.body.sender === item.body.sender && item.at - previous.at < GROUP_SECONDS;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {boolean} detached The end has to be read again first.
 */
function jumpToEnd({ actions }, room, detached) {
  if (detached) actions.readNewest(room.room);
  else actions.reachEnd(room.room, true);
}
