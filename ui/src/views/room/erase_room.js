// What erases the room for everybody: a button that is held, and a way for whoever cannot hold.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderHoldButton } from '../parts/hold_button.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 */
export function renderEraseRoom({ roomErasure }, app, summary) {
  const { t, actions } = app;
  const { room } = summary;
  const step = roomErasure.room === room ? roomErasure.step : 'idle';
  const isArmed = step === 'armed';
  const button = renderHoldButton({
    look: 'button button--danger',
    step,
    test: 'erase-room',
    content: html`${renderIcon('flame')}${t('erase-room')}`,
    describedBy: 'erase-room-hint',
    isDirect: true,
    hold: () => actions.holdRoomErase(room),
    letGo: actions.letGoOfRoomErase,
    press: () => actions.pressRoomErase(room),
  });
  return html`<div class="erase-room" data-region>
    ${button}
    <p class="fine" id="erase-room-hint">${isArmed ? t('erase-room-once') : explain(app, summary)}</p>
    <button
      class="link"
      type="button"
      aria-pressed=${isArmed ? 'true' : 'false'}
      ?disabled=${step === 'busy'}
      data-test="erase-room-press"
      @click=${() => actions.armRoomErase(room)}
    >${t('erase-room-press')}</button>
    <span class="visually-hidden" role="status" data-test="erase-room-said">${say(app, step)}</span>
  </div>`;
}

/**
 * What it does, and whom it does not reach, or not yet.
 * @param {App} app
 * @param {RoomSummary} summary
 */
function explain({ t }, { connection, hosting }) {
  return html`${t('erase-room-hint')} ${hosting === null ? nothing : t('erase-room-hosted')}
    ${connection.kind === 'online' ? nothing : t('erase-room-away')}`;
}

/**
 * @param {App} app
 * @param {State['roomErasure']['step']} step
 */
function say({ t }, step) {
  return { idle: '', holding: t('erase-holding'), armed: t('erase-room-once'), busy: t('erase-busy') }[step];
}
