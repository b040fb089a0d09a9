// What stands beside and below an own message: how far it got, who has confirmed it, and how it is taken back.

import { findQuestion } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { Confirmed, MessageState, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Line } from '../../../types/line.js'
 */

/**
 * That the relay has it, and who has confirmed it.
 * @param {Line} line
 * @param {{ confirmed: Confirmed }} body
 */
export function renderConfirmed({ app: { t } }, { confirmed }) {
  const { recipients, delivered, viewed } = confirmed;
  const state = viewed > 0 ? 'viewed' : delivered > 0 ? 'delivered' : 'stored';
  const count = state === 'viewed' ? viewed : delivered;
  const said = state === 'stored' ? t('state-stored') : t(`state-${state}`, { count, recipients });
  return html`<span
    class=${state === 'viewed' ? 'message__stored message__stored--viewed' : 'message__stored'}
    role="img"
    aria-label=${said}
    title=${state === 'stored' ? said : `${said} ${t('confirmed-hint')}`}
    data-test="item-state"
    data-state=${state}
  >${renderIcon(state === 'stored' ? 'check' : 'check-check')}${recipients > 1 && count > 0
    ? html`<span aria-hidden="true">${count}</span>`
    : nothing}</span>`;
}

/**
 * Why the relay does not have it yet.
 * @param {Line} line
 * @param {MessageState} state
 * @param {() => void} [ask] What a press on the button does, if not at once what it says.
 */
export function renderOwnState(line, state, ask) {
  const { app, room, item } = line;
  const withdraw = ask ?? (() => app.actions.withdraw(room.room, item.id));
  return html`<p class="message__state message__state--${state}" data-test="item-state" data-state=${state}>
    ${renderIcon('clock')}<span>${describeState(app, room, state)}</span>
    <button class="link" data-test="withdraw" @click=${withdraw}>${app.t('withdraw')}</button>
  </p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {MessageState} state
 */
function describeState({ t }, room, state) {
  if (state !== 'waiting') return t(`state-${state}`);
  if (findQuestion(room) !== null) return t('state-waiting-reorganised');
  const { hosting, connection } = room;
  const isAway = hosting === null && connection.kind === 'waiting' && connection.reason === 'unreachable';
  return isAway ? t('state-waiting-away') : t('state-waiting');
}

/**
 * @param {Line} line
 * @param {() => void} [retract] What a press does, if not at once what it says.
 */
export function renderRetract({ app: { t, actions }, room, item }, retract) {
  return html`<button
    class="icon-button message__retract"
    aria-label=${t('retract')}
    title="${t('retract')}. ${t('retract-hint')}"
    data-test="retract"
    @click=${retract ?? (() => actions.retract(room.room, item.id))}
  >${renderIcon('undo-2')}</button>`;
}
