// The lines of a room, oldest first, and what stands around them.

import { findQuestion, hasFile, isEntering, mayInvite } from '../../phase.js';
import { isAtEnd, isNearBeginning } from '../../scroll.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { guard } from '../../vendor/lit-html/directives/guard.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { renderLine } from '../lines/line.js';
import { renderIcon } from '../parts/icon.js';
import { renderSpinner } from '../parts/spinner.js';

/**
 * @import { Item, Person, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Lines } from '../../state/lines.js'
 * @import { OpenRoom } from '../../state/room.js'
 * @import { State } from '../../state/slices.js'
 * @import { Timeline } from '../../state/timeline.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {OpenRoom} open
 * @param {Timeline} timeline
 */
export function renderTimeline(state, app, room, open, timeline) {
  const { t, actions } = app;
  const { lines } = timeline;
  const onScroll = (/** @type {Event} */ event) => {
    const log = /** @type {HTMLElement} */ (event.currentTarget);
    actions.reachEnd(room.room, isAtEnd(log));
    if (isNearBeginning(log)) void actions.loadEarlier(room.room);
  };
  // What has expired is not drawn even if the engine has not said so yet.
  const items = (lines?.items ?? []).filter((item) => item.expiresAt === null || item.expiresAt > state.now);
  return html`<section class="timeline" aria-label=${t('timeline')}>
    <div
      class="timeline__scroll"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label=${t('timeline')}
      tabindex="0"
      data-pane
      data-scroller
      data-test="timeline"
      @scroll=${onScroll}
    >
      ${lines !== null
        ? html`${isEntering(room) && items.length === 0 ? nothing : renderBeginning(app, timeline, lines)}
          ${items.length === 0 ? renderEmpty(app, room, open.view?.takesKnocks === true) : nothing}
          <div class="timeline__lines">${renderLines(state, app, room, open, items)}</div>`
        : open.error === null && hasFile(room.phase)
          ? renderSkeletons(app)
          : nothing}
    </div>
    ${lines !== null && isAway(timeline, lines, items) ? renderJump(app, room, lines) : nothing}
  </section>`;
}

/** @param {App} app */
function renderSkeletons({ t }) {
  const skeletons = [1, 2, 3, 4].map((n) => html`<span class="skeleton skeleton--${n}"></span>`);
  return html`<div class="skeletons" role="status" aria-label=${t('room-loading')}>${skeletons}</div>`;
}

/**
 * The beginning of the room, or the way to what came before the first line.
 * @param {App} app
 * @param {Timeline} timeline
 * @param {Lines} lines
 */
function renderBeginning({ t, actions }, { room, loadingEarlier }, { earlier }) {
  if (earlier === null) return html`<p class="timeline__start">${renderIcon('flame')}${t('timeline-start')}</p>`;
  return html`<div class="timeline__earlier"><button
    class="button button--quiet button--small"
    ?disabled=${loadingEarlier}
    data-test="load-earlier"
    @click=${() => actions.loadEarlier(room)}
  >${loadingEarlier ? html`${renderSpinner()}${t('loading-earlier')}` : t('load-earlier')}</button></div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {boolean} takesKnocks
 */
function renderEmpty(app, summary, takesKnocks) {
  if (isEntering(summary)) return renderNotIn(app);
  const { t, actions } = app;
  const { room, phase, members, hosting } = summary;
  const locked = members <= 1 && phase === 'locked';
  const shut = takesKnocks ? t('empty-locked-knocks') : t('empty-locked');
  const alone = members <= 1 && !locked && mayInvite(summary);
  const said = alone ? t('empty-alone', { reach: hosting?.reach ?? 'anywhere' }) : t('empty-quiet');
  const invite = html`<button class="button" @click=${() => actions.invite(room)}>${t('invite')}</button>`;
  return html`<div class="empty" data-test="empty-room">
    <span class="emblem" aria-hidden="true">${renderIcon(alone ? 'user-plus' : locked ? 'lock' : 'flame')}</span>
    <p>${locked ? shut : said}</p>
    ${alone || (locked && takesKnocks && mayInvite(summary)) ? invite : nothing}
  </div>`;
}

/** @param {App} app */
function renderNotIn({ t }) {
  return html`<div class="empty" data-test="empty-room">
    <span class="emblem" aria-hidden="true">${renderIcon('hourglass')}</span>
    <p>${t('empty-entering')}</p>
  </div>`;
}

/**
 * A key pressed in the composer draws the window anew; hundreds of lines that did not change are left alone.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 * @param {OpenRoom} open
 * @param {Item[]} items
 */
function renderLines({ now, reading }, app, room, open, items) {
  const people = new Map(open.view?.people.map((person) => [person.member, person]));
  const owner = open.view?.owner === true;
  const { hosting, connection } = room;
  const fault = 'reason' in connection ? connection.reason : null;
  const ofRoom = [hosting === null, connection.kind, fault, findQuestion(room) === null];
  return repeat(
    items,
    (item) => item.id,
    (item, index) => {
      const previous = items[index - 1];
      const person = findPerson(people, item);
      const read = reading?.room === room.room && reading.item === item.id ? reading : null;
      const on = [item, previous, person, read, owner, ...ofRoom, roundClock(item, now)];
      return guard(on, () => renderLine({ app, room, item, previous, person, owner, reading: read, now }));
    },
  );
}

/**
 * @param {Map<string, Person>} people
 * @param {Item} item
 */
function findPerson(people, { body }) {
  return body.kind === 'system' ? undefined : people.get(body.sender);
}

/**
 * How far the clock has to move for a line to look different: its fuse shows minutes, and at the end seconds.
 * @param {Item} item
 * @param {number} now Unix seconds.
 */
function roundClock({ expiresAt }, now) {
  return expiresAt !== null && expiresAt - now < 120 ? now : Math.floor(now / 60);
}

/**
 * Whether there is something to see below.
 * @param {Timeline} timeline
 * @param {Lines} lines
 * @param {Item[]} items
 */
function isAway({ atEnd }, { detached, unseen }, items) {
  return detached || (!atEnd && (unseen > 0 || items.length > 0));
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Lines} lines
 */
function renderJump({ t, actions }, { room }, { detached, unseen }) {
  // An end that was let go has to be read again first.
  const jump = () => (detached ? actions.readNewest(room) : actions.reachEnd(room, true));
  return html`<button class=${unseen > 0 ? 'pill pill--new' : 'pill'} data-test="jump-newest" @click=${jump}
    >${renderIcon('arrow-down')}${unseen > 0 ? t('new-messages', { count: unseen }) : t('jump-newest')}</button>`;
}
