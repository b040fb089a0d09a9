// A room from inside: header, timeline, composer, and the people beside them.

import { findQuestion, hasFile, isShut } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderLoading } from '../parts/spinner.js';
import { formatTitle } from '../parts/title.js';
import { renderBanner } from './banner.js';
import { renderComposer } from './composer.js';
import { renderEnded } from './ended.js';
import { renderHeader } from './header.js';
import { renderKnocking } from './knocking.js';
import { renderMoved } from './moved.js';
import { renderPeople } from './people.js';
import { renderReorganised } from './reorganised.js';
import { renderShut } from './shut.js';
import { renderTimeline } from './timeline.js';

/**
 * @import { ErrorCode, RoomHandle, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { OpenRoom } from '../../state/room.js'
 * @import { State } from '../../state/slices.js'
 * @import { Timeline } from '../../state/timeline.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} handle
 */
export function renderRoom(state, app, handle) {
  const summary = state.rooms.find(({ room }) => room === handle);
  const { room: open, timeline } = state;
  if (summary !== undefined && summary.ended !== null) return renderEnded(state, app, summary, summary.ended);
  if (summary !== undefined && summary.knock !== null) return renderKnocking(state, app, summary, summary.knock);
  if (summary === undefined || open === null || timeline === null) {
    return html`<main class="stage stage--lamp">${renderLoading(app.t('room-loading'))}</main>`;
  }
  return html`<main class="room" aria-label=${formatTitle(app, summary)}>
      ${renderHeader(state, app, summary, open.view)}
      ${isShut(summary) ? renderClosed(state, app, summary, open) : renderTalk(state, app, summary, open, timeline)}
    </main>
    ${renderPeople(state, app, summary, open)}`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {OpenRoom} open
 * @param {Timeline} timeline
 */
function renderTalk(state, app, summary, open, timeline) {
  const question = findQuestion(summary);
  return html`${question === null
        ? renderBanner(state, app, summary, open.error)
        : renderReorganised(app, summary, question)}
      ${open.error === null || !hasFile(summary.phase) ? nothing : renderFailure(app, summary.room, open.error)}
      ${renderTimeline(state, app, summary, open, timeline)}
      ${renderMoved(state, app, summary)}
      ${renderComposer(state, app, summary)}`;
}

/**
 * Nothing that was said is in sight, nor can anything be said. A question comes before whatever else is wrong.
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {OpenRoom} open
 */
function renderClosed(state, app, summary, open) {
  const isAsked = summary.eraseAsked !== null;
  return html`${isAsked ? nothing : renderBanner(state, app, summary, open.error)}
      ${renderShut(app, summary, open.view)}
      ${isAsked ? nothing : renderComposer(state, app, summary)}`;
}

/**
 * The room is there, and cannot be read at the moment.
 * @param {App} app
 * @param {RoomHandle} room
 * @param {ErrorCode} code
 */
function renderFailure({ t, actions }, room, code) {
  return html`<div class="notice notice--bar notice--danger" role="alert" data-test="error" data-code=${code}
    >${renderIcon('circle-alert')}<p>${t(`error-${code}`)}</p>
    <button class="button button--small" data-test="retry" @click=${() => actions.readNewest(room)}
      >${t('try-again')}</button></div>`;
}
