// "Your room is open": the invitation in every form, who can reach the room, and stopping.

import { isOver, mayMove } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { renderLock } from '../parts/lock.js';
import { renderMoveButton } from '../parts/move_button.js';
import { formatList } from '../parts/list.js';
import { renderQr } from '../parts/qr.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { renderLoading } from '../parts/spinner.js';
import { formatTitle } from '../parts/title.js';
import { renderHostingPanel } from './hosting_panel.js';
import { renderInvitationForms } from './invitation_forms.js';
import { renderSpoken } from './spoken_panel.js';

/**
 * @import { LinkFault, Moved, RoomHandle, RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Screen } from '../../state/events.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Screen, { name: 'invite' }>} screen
 */
export function renderInvite(state, app, screen) {
  const room = state.rooms.find((summary) => summary.room === screen.room);
  const fault = findFault(room);
  const takesKnocks = state.room?.view?.takesKnocks === true;
  if (room !== undefined && room.moved !== null) return renderMoved(app, room, room.moved);
  return html`<main class="stage screen" data-pane>
    <div class="screen__column screen__column--wide">
      ${renderScreenHead(app, chooseTitle(app, screen.fresh, room, fault), chooseLead(app, room, fault, takesKnocks))}
      ${screen.invitation === null ? renderFormError(app, state.form, []) : nothing}
      ${fault === null ? nothing : renderUnreached(app, room, fault)}
      ${room?.phase === 'locked' ? renderLocked(app, room, state.room?.view ?? null) : nothing}
      ${screen.invitation === null
        ? renderWaiting(state, app, screen.room)
        : renderInvitation(app, room, screen, renderSpoken(state, app, room, state.room?.view ?? null))}
      ${room === undefined || room.hosting === null ? nothing : renderHostingPanel(app, room, room.hosting)}
    </div>
  </main>`;
}

/**
 * Nobody is led into a room that goes on elsewhere.
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Moved} moved
 */
function renderMoved(app, room, { own, by: nick, places }) {
  const { t, actions } = app;
  const place = formatList(app, places);
  const { hosting } = room;
  // Who can reach it is said where people are let in. What is wrong keeps the others from hearing of the move.
  const isWrong = hosting !== null && hosting.state !== 'running';
  return html`<main class="stage screen" data-pane>
    <div class="screen__column screen__column--wide">
      ${renderScreenHead(app, t('moved'), t('invite-lead-moved'))}
      <div class="notice" role="status" data-region data-test="invite-moved"
        >${renderIcon('signpost')}<p>${own ? t('moved-own', { place }) : t('moved-by', { nick, place })}</p
        ><button
          class="button button--primary button--small"
          data-test="follow-room"
          @click=${() => actions.followRoom(room.room)}
        >${own ? t('follow-own') : t('follow')}</button></div>
      ${isWrong ? renderHostingPanel(app, room, hosting) : nothing}
    </div>
  </main>`;
}

/**
 * Why the relay of somebody else does not have the room at the moment; null if it does, or may in a moment.
 * @param {RoomSummary | undefined} room
 */
function findFault(room) {
  if (room === undefined || room.hosting !== null) return null;
  return room.connection.kind === 'waiting' || room.connection.kind === 'stopped' ? room.connection.reason : null;
}

/**
 * @param {App} app
 * @param {boolean} fresh The room was made just now.
 * @param {RoomSummary | undefined} room
 * @param {LinkFault | null} fault
 */
function chooseTitle(app, fresh, room, fault) {
  if (!fresh) return app.t('invite-title', { room: room ? formatTitle(app, room) : '' });
  if (fault !== null) return app.t('invite-title-unreached');
  return room?.phase === 'locked' ? app.t('invite-title-fresh-locked') : app.t('invite-title-fresh');
}

/**
 * Who can come in, and how the invitation gets to them.
 * @param {App} app
 * @param {RoomSummary | undefined} room
 * @param {LinkFault | null} fault
 * @param {boolean} takesKnocks
 */
function chooseLead({ t }, room, fault, takesKnocks) {
  const hosting = room?.hosting ?? null;
  if (room?.phase === 'locked') return takesKnocks ? t('invite-lead-knocks') : t('invite-lead-locked');
  if (room !== undefined && isOver(room)) return t(`phase-${room.phase}`);
  if (hosting !== null && hosting.state !== 'running' && hosting.state !== 'starting') return t('invite-lead-stopped');
  if (mayBeNowhere(room, fault)) return t('invite-lead-unreached');
  return t('invite-lead', { reach: hosting?.reach ?? 'anywhere' });
}

/**
 * Whether no relay may have the room. Where somebody else is in it, only this computer does not reach it.
 * @param {RoomSummary | undefined} room
 * @param {LinkFault | null} fault
 */
function mayBeNowhere(room, fault) {
  return fault !== null && (room?.members ?? 0) <= 1;
}

/**
 * @param {App} app
 * @param {RoomSummary | undefined} room
 * @param {LinkFault} fault
 */
function renderUnreached({ t }, room, fault) {
  const nowhere = mayBeNowhere(room, fault) ? t('invite-unreached') : nothing;
  return html`<div class="notice notice--warn" role="status" data-test="unreached" data-state=${fault}
    >${renderIcon('wifi-off')}<p>${nowhere} ${t(`fault-${fault}`)}</p></div>`;
}

/**
 * Why nobody comes in, and the way to change that for whoever can.
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view Null while the room was not read.
 */
function renderLocked(app, summary, view) {
  const { t } = app;
  const forGood = view?.lockedForGood ?? false;
  const knocks = view?.takesKnocks ?? false;
  const staysLocked = knocks ? t('door-for-good-knocks') : t('door-locked-for-good');
  const untilThen = knocks ? t('invite-locked-knocks') : t('invite-locked');
  const look = knocks && !forGood ? 'notice' : 'notice notice--warn';
  return html`<div class=${look} role="status" data-region data-test="invite-locked"
    >${renderIcon('lock')}<p>${forGood ? staysLocked : untilThen}</p
    >${view?.owner ? renderChange(app, summary, forGood) : nothing}</div>`;
}

/**
 * What its owner can do about a locked door.
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {boolean} forGood
 */
function renderChange(app, summary, forGood) {
  if (!forGood) return renderLock(app, summary.room, true);
  return mayMove(summary) ? renderMoveButton(app, summary.room) : nothing;
}

/**
 * The invitation is being read, or could not be.
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
function renderWaiting({ form }, { t, actions }, room) {
  if (form.error === null) return renderLoading(t('invite-loading'));
  return html`<button class="button" data-test="retry" @click=${() => actions.invite(room)}
    >${renderIcon('refresh-cw')}${t('try-again')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary | undefined} room
 * @param {Extract<Screen, { name: 'invite' }>} screen
 * @param {unknown} spoken
 */
function renderInvitation(app, room, { room: handle, invitation }, spoken) {
  if (invitation === null) return nothing;
  const { t, actions } = app;
  return html`<section class="invite" aria-label=${t('invite-forms')}>
            <div class="invite__side" data-region>
              <div class="invite__qr">${renderQr(invitation, t('invite-qr'))}</div>
              ${room === undefined ? nothing : renderJoined(app, room)}
              <button class="button button--primary" data-test="enter" @click=${() => actions.openRoom(handle)}
                >${renderIcon('door-open')}${t('invite-enter')}</button>
              ${room?.hosting?.state === 'running' ? renderStop(app, handle) : nothing}
            </div>
            ${renderInvitationForms(app, handle, invitation, spoken)}
          </section>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderJoined({ t }, room) {
  const alone = room.members <= 1;
  const text = alone ? t('invite-nobody') : t('invite-others', { count: room.members - 1 });
  return html`<p class=${alone ? 'notice' : 'notice notice--good'} role="status" data-test="joined"
    >${renderIcon(alone ? 'hourglass' : 'users')}<span>${text}</span></p>`;
}

/**
 * @param {App} app
 * @param {RoomHandle} room
 */
function renderStop({ t, actions }, room) {
  const ask = () => actions.openDialog({ name: 'stopHosting', room });
  return html`<button class="button" data-test="stop-hosting" @click=${ask}
    >${renderIcon('power')}${t('hosting-stop')}</button>`;
}
