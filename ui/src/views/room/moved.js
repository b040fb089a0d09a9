// A room that its owner has moved: where it goes on, and how to get there.

import { formatDuration } from '../../format.js';
import { findQuestion, isOver } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFuse } from '../parts/fuse.js';
import { renderIcon } from '../parts/icon.js';
import { formatList } from '../parts/list.js';

/**
 * @import { Moved, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/** Of those who came in meanwhile; the question before they are told names all. */
const MOST_NAMES = 4;

/**
 * What the room asks otherwise comes first.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 */
export function renderMoved(state, app, room) {
  const { moved } = room;
  if (moved === null || isOver(room) || findQuestion(room) !== null) return nothing;
  const { now } = state;
  const { own, endsAt } = moved;
  const lifetime = room.messageTtl;
  const fuse = endsAt === null ? nothing : renderFuse(app, { expiresAt: endsAt, lifetime, now }, 'fuse-room');
  return html`<section
    class="moved"
    aria-label=${app.t('moved')}
    data-pane
    data-region
    data-test="moved"
    data-state=${own ? 'own' : 'other'}
  >
    ${renderIcon('signpost')}
    <div class="moved__words">
      ${renderNews(app, moved)}
      ${moved.cameSince.length > 0 ? renderCame(app, moved) : nothing}
      ${own ? html`<p class="moved__more" data-test="moved-waits">${describeWait(app, room, moved, now)}</p>` : nothing}
    </div>
    ${fuse}
    <div class=${own ? 'moved__buttons moved__buttons--own' : 'moved__buttons'}
      >${own ? renderOrders(app, room, moved) : renderFollow(app, room)}</div>
  </section>`;
}

/**
 * What is said once. How it stands changes, and is not announced each time.
 * @param {App} app
 * @param {Moved} moved
 */
function renderNews(app, { by: nick, own, places }) {
  const { t } = app;
  const place = formatList(app, places);
  if (own) return html`<p role="status" data-test="moved-news">${t('moved-own', { place })}</p>`;
  return html`<div role="status" data-test="moved-news">
        <p>${t('moved-by', { nick, place })}</p>
        <p class="moved__more">${t('moved-goes')} ${t('moved-seen')}</p>
      </div>`;
}

/**
 * Who came in since it was to move keeps everybody from hearing of it.
 * @param {App} app
 * @param {Moved} moved
 */
function renderCame(app, { cameSince }) {
  const names = cameSince.slice(0, MOST_NAMES).map(({ nick }) => nick);
  const rest = cameSince.length - names.length;
  const nicks = formatList(app, rest > 0 ? [...names, app.t('names-more', { count: rest })] : names);
  return html`<p role="alert" data-test="moved-came">${app.t('moved-came', { nicks })}</p>`;
}

/**
 * For whom it waits.
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Moved} moved
 * @param {number} now Unix seconds.
 */
function describeWait(app, { members }, { endsAt, cameSince }, now) {
  const { t } = app;
  if (cameSince.length > 0) return t('moved-came-what');
  if (endsAt === null) return t('moved-unsent');
  return t('moved-waits', { count: Math.max(0, members - 1), time: formatDuration(app, Math.max(0, endsAt - now)) });
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderFollow({ t, actions }, { room }) {
  return html`<button
    class="button button--primary button--small"
    data-pane-start
    data-test="follow-room"
    @click=${() => actions.followRoom(room)}
  >${t('follow')}</button>`;
}

/**
 * What its owner can do about it.
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Moved} moved
 */
function renderOrders({ t, actions }, { room }, { cameSince: people }) {
  const ask = (/** @type {'closeRoom' | 'takeMoveBack'} */ name) => () => actions.openDialog({ name, room });
  const tell = () => actions.openDialog({ name: 'tellNewcomers', room, people });
  return html`<button
        class="button button--primary button--small"
        data-pane-start
        data-test="follow-room"
        @click=${() => actions.followRoom(room)}
      >${t('follow-own')}</button>
      ${people.length === 0 ? nothing : html`<button
        class="button button--small"
        data-test="tell-newcomers"
        @click=${tell}
      >${t('tell-newcomers')}</button>`}
      <button class="button button--small" data-test="end-moved" @click=${ask('closeRoom')}>${t('end-moved')}</button>
      <button class="button button--small" data-test="take-move-back" @click=${ask('takeMoveBack')}
        >${t('take-back')}</button>`;
}
