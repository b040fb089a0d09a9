import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';
import { renderSpinner } from './spinner.js';

/**
 * @import { Connection, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * Whether the room's relay is reached.
 * @param {App} app
 * @param {RoomSummary} room
 */
export function renderConnection({ t }, room) {
  const { kind } = room.connection;
  return html`<span class="chip chip--${LOOKS[kind]}" role="status" data-test="connection" data-state=${kind}
    >${renderSign(kind)}${t(`connection-${kind}`)}</span>`;
}

/** @param {Connection['kind']} kind */
function renderSign(kind) {
  if (kind === 'connecting' || kind === 'catchingUp') return renderSpinner();
  return renderIcon(kind === 'online' ? 'wifi' : 'wifi-off');
}

/** @type {Record<Connection['kind'], string>} */
const LOOKS = {
  online: 'good',
  connecting: 'busy',
  catchingUp: 'busy',
  waiting: 'warn',
  stopped: 'bad',
};
