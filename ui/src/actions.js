// What a person can do. Each action asks the engine and tells the store; none of them decides anything about rooms.

import { createChangeActions } from './actions/change.js';
import { createEntranceActions } from './actions/entrance.js';
import { createEraseActions } from './actions/erase.js';
import { createEraseRoomActions } from './actions/erase_room.js';
import { createHearingActions } from './actions/hearing.js';
import { createHostingActions } from './actions/hosting.js';
import { createInvitationActions } from './actions/invitation.js';
import { createKnockActions } from './actions/knock.js';
import { createMessageActions } from './actions/message.js';
import { createMoveActions } from './actions/move.js';
import { createNewRoomActions } from './actions/new_room.js';
import { createOwnerActions } from './actions/owner.js';
import { createRoomActions } from './actions/room.js';
import { createTools } from './actions/run.js';
import { createScreenActions } from './actions/screen.js';
import { createTypingActions } from './actions/typing.js';
import { createSpokenActions } from './actions/spoken.js';
import { createVaultActions } from './actions/vault.js';
import { createViewOnceActions } from './actions/view_once.js';
import { createWindowActions } from './actions/window.js';

/**
 * @import { Shell } from './shell.js'
 * @import { Store } from './state/store.js'
 * @typedef {ReturnType<typeof createActions>} Actions
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createActions(store, shell) {
  const tools = createTools(store, shell);
  return {
    ...createVaultActions(tools),
    ...createEraseActions(tools),
    ...createEraseRoomActions(tools),
    ...createScreenActions(tools),
    ...createWindowActions(tools),
    ...createNewRoomActions(tools),
    ...createInvitationActions(tools),
    ...createEntranceActions(tools),
    ...createKnockActions(tools),
    ...createHearingActions(tools),
    ...createSpokenActions(tools),
    ...createHostingActions(tools),
    ...createRoomActions(tools),
    ...createOwnerActions(tools),
    ...createChangeActions(tools),
    ...createMoveActions(tools),
    ...createMessageActions(tools),
    ...createTypingActions(tools),
    ...createViewOnceActions(tools),
  };
}
