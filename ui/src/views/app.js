// The whole window: which screen, the list of rooms beside it, and what lies on top.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { renderDialog } from './dialogs/dialog.js';
import { renderRoom } from './room/room.js';
import { renderFolder } from './screens/folder.js';
import { renderHome } from './screens/home.js';
import { renderInvite } from './screens/invite.js';
import { renderJoin } from './screens/join.js';
import { renderCreate, renderHost } from './screens/new_room.js';
import { renderSettings } from './screens/settings.js';
import { renderStarting } from './screens/starting.js';
import { renderUnlock } from './screens/unlock.js';
import { renderSidebar } from './sidebar.js';
import { renderToast } from './toast.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderApp(state, app) {
  const { screen, rooms, drawer } = state;
  const alone = isBeforeRooms(state) || (screen.name !== 'room' && rooms.length === 0);
  const look = alone ? 'window' : 'window window--sidebar';
  return html`<div class=${look} data-screen=${screen.name} data-test="screen-${screen.name}">
      ${alone ? nothing : renderSidebar(state, app)}
      ${drawer === null ? nothing : renderScrim(app)}
      ${renderScreen(state, app)}
    </div>
    ${renderDialog(state, app)} ${renderToast(state, app)}`;
}

/**
 * Whether nothing of any room can be seen yet.
 * @param {State} state
 */
function isBeforeRooms({ screen }) {
  return screen.name === 'starting' || screen.name === 'unlock';
}

/**
 * Pressing beside a drawer folds it in.
 * @param {App} app
 */
function renderScrim({ t, actions }) {
  const close = () => actions.toggleDrawer(null);
  return html`<button class="scrim" tabindex="-1" aria-label=${t('close-drawer')} @click=${close}></button>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderScreen(state, app) {
  const { screen, boot } = state;
  if (isBeforeRooms(state) && boot !== null && boot.trouble !== null) return renderFolder(state, app, boot);
  switch (screen.name) {
    case 'starting':
      return renderStarting(state, app);
    case 'unlock':
      return renderUnlock(state, app);
    case 'home':
      return renderHome(state, app);
    case 'host':
      return renderHost(state, app);
    case 'create':
      return renderCreate(state, app);
    case 'join':
      return renderJoin(state, app, screen);
    case 'invite':
      return renderInvite(state, app, screen);
    case 'room':
      return renderRoom(state, app, screen.room);
    case 'settings':
      return renderSettings(state, app);
  }
}
