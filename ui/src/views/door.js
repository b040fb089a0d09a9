// Before the vault is open: nothing of any room can be seen yet.

import { renderFolder } from './screens/folder.js';
import { renderStarting } from './screens/starting.js';
import { renderUnlock } from './screens/unlock.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/** @param {State} state */
export function isAtDoor({ screen }) {
  return screen.name === 'starting' || screen.name === 'unlock';
}

/**
 * @param {State} state
 * @param {App} app
 */
export function renderDoor(state, app) {
  const { boot, screen } = state;
  if (boot !== null && boot.trouble !== null) return renderFolder(state, app, boot);
  return screen.name === 'starting' ? renderStarting(state, app) : renderUnlock(state, app);
}
