// Whether anybody new comes in, and what the room's owner can do about it.

import { isOver, mayMove } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderLock } from '../parts/lock.js';
import { renderMoveButton } from '../parts/move_button.js';

/**
 * @import { RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
export function renderDoor(app, summary, view) {
  const locked = summary.phase === 'locked';
  const isHers = view.owner && !isOver(summary);
  if (!locked && !isHers) return nothing;
  const staysLocked = locked && view.lockedForGood;
  return html`<section class="door" data-region data-test="door" data-state=${locked ? 'locked' : 'open'}>
    <h2 class="overline" tabindex="-1" data-settle>${app.t('door')}</h2>
    ${renderState(app, locked, staysLocked, view.takesKnocks && summary.moved === null)}
    ${isHers && !staysLocked && summary.moved === null ? renderOrder(app, summary, locked) : nothing}
    ${view.owner && staysLocked && mayMove(summary) ? renderWayOut(app, summary) : nothing}
  </section>`;
}

/**
 * @param {App} app
 * @param {boolean} locked
 * @param {boolean} staysLocked Somebody was removed.
 * @param {boolean} takesKnocks
 */
function renderState({ t }, locked, staysLocked, takesKnocks) {
  const why = takesKnocks ? t('door-for-good-knocks') : t('door-locked-for-good');
  const reason = html`<p class="fine" data-test="locked-for-good">${why}</p>`;
  const shut = takesKnocks ? t('door-locked-knocks') : t('phase-locked');
  return html`<p class="door__state" role="status">${renderIcon(locked ? 'lock' : 'lock-open')}<span
      >${locked ? shut : t('door-open')}</span></p>
    ${staysLocked ? reason : nothing}`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {boolean} locked
 */
function renderOrder(app, { room }, locked) {
  return html`<div>${renderLock(app, room, locked)}</div>
    <p class="fine">${app.t('door-owner')}</p>`;
}

/**
 * Who cannot unlock it can begin anew, without whoever was removed.
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderWayOut(app, { room }) {
  return html`<p class="fine">${app.t('door-move')}</p>
    <div>${renderMoveButton(app, room)}</div>`;
}
