// The whole window: which screen, the list of rooms beside it, and what lies on top.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { dialogView } from './dialogs.js';
import { homeView } from './home.js';
import { createView, hostView } from './host.js';
import { inviteView } from './invite.js';
import { joinView } from './join.js';
import { icon } from './parts.js';
import { sidebarView } from './sidebar.js';
import { roomView } from './room.js';
import { settingsView } from './settings.js';
import { folderView, startingView, unlockView } from './unlock.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function appView(state, app) {
  const { screen } = state;
  const alone = screen.name === 'starting' || screen.name === 'unlock' || (screen.name !== 'room' && state.rooms.length === 0);
  return html`<div class=${alone ? 'window' : 'window window--sidebar'} data-screen=${screen.name} data-test="screen-${screen.name}">
      ${alone ? nothing : sidebarView(state, app)}
      ${state.drawer === null ? nothing : html`<button class="scrim" tabindex="-1" aria-label=${app.t('close-drawer')} @click=${() => app.actions.toggleDrawer(null)}></button>`}
      ${screenView(state, app)}
    </div>
    ${dialogView(state, app)} ${toastView(state, app)}`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function screenView(state, app) {
  const { screen, boot } = state;
  if ((screen.name === 'starting' || screen.name === 'unlock') && boot !== null && boot.trouble !== null) return folderView(state, app, boot);
  switch (screen.name) {
    case 'starting':
      return startingView(state, app);
    case 'unlock':
      return unlockView(state, app);
    case 'home':
      return homeView(state, app);
    case 'host':
      return hostView(state, app);
    case 'create':
      return createView(state, app);
    case 'join':
      return joinView(state, app, screen);
    case 'invite':
      return inviteView(state, app, screen);
    case 'room':
      return roomView(state, app, screen.room);
    case 'settings':
      return settingsView(state, app);
  }
}

/**
 * @param {State} state
 * @param {App} app
 */
function toastView({ toast }, { t, actions }) {
  return html`<div class="toast-place" aria-live="polite">
    ${toast === null
      ? nothing
      : html`<div class="toast toast--${toast.tone}" data-test="toast">
          ${icon(toast.tone === 'error' ? 'circle-alert' : 'circle-check')}
          <p>${t(toast.id)}</p>
          <button class="icon-button" aria-label=${t('close')} @click=${actions.hideToast}>${icon('x')}</button>
        </div>`}
  </div>`;
}
