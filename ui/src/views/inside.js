// Once the vault is open: the rooms, and every screen that leads into one or out of it.

import { nothing } from '../vendor/lit-html/lit-html.js';
import { renderRoom } from './room/room.js';
import { renderHome } from './screens/home.js';
import { renderInvite } from './screens/invite.js';
import { renderJoin } from './screens/join.js';
import { renderCreate, renderHost } from './screens/new_room.js';
import { renderSettings } from './screens/settings.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

export { renderDialog } from './dialogs/dialog.js';
export { renderKnockNews } from './knock_news.js';
export { renderSidebar } from './sidebar.js';

/**
 * @param {State} state
 * @param {App} app
 */
export function renderScreen(state, app) {
  const { screen } = state;
  switch (screen.name) {
    case 'home':
      return renderHome(state, app);
    case 'host':
      return renderHost(state, app, screen);
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
    case 'starting':
    case 'unlock':
      return nothing;
  }
}
