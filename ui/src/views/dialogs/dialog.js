// What lies on top: questions before something that cannot be taken back, the words to compare, the quick switcher.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderChangeRoom } from './change.js';
import { renderClose, renderLock } from './end.js';
import { renderRenewAddress, renderStopHosting } from './hosting.js';
import { renderGiveUp, renderLetIn } from './knock.js';
import { renderLeave, renderRemove } from './leave.js';
import { renderFollowRoom, renderMoveRoom, renderTakeMoveBack, renderTellNewcomers } from './move.js';
import { renderCloseRoom, renderRemoveMember } from './owner.js';
import { renderRejoin, renderStay } from './reorganised.js';
import { renderSwitcher } from './switcher.js';
import { renderUnvouched } from './unvouched.js';
import { renderVerify } from './verify.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Dialog } from '../../state/dialog.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderDialog(state, app) {
  const { shown } = state.dialog;
  if (shown === null) return nothing;
  const onCancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!state.dialog.form.busy) app.actions.closeDialog();
  };
  return html`<dialog
    class="dialog dialog--${shown.name}"
    aria-labelledby="dialog-title"
    data-test="dialog-${shown.name}"
    @cancel=${onCancel}
  >${renderContent(state, app, shown)}</dialog>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Dialog} dialog
 */
function renderContent(state, app, dialog) {
  switch (dialog.name) {
    case 'switcher':
      return renderSwitcher(state, app);
    case 'verify':
      return renderVerify(state, app);
    case 'leave':
      return renderLeave(state, app, dialog.room);
    case 'remove':
      return renderRemove(state, app, dialog.room);
    case 'giveUp':
      return renderGiveUp(state, app, dialog.room);
    case 'letIn':
      return renderLetIn(state, app, dialog);
    case 'closeRoom':
      return renderCloseRoom(state, app, dialog.room);
    case 'changeRoom':
      return renderChangeRoom(state, app, dialog);
    case 'moveRoom':
      return renderMoveRoom(state, app, dialog);
    case 'tellNewcomers':
      return renderTellNewcomers(state, app, dialog);
    case 'followRoom':
      return renderFollowRoom(state, app, dialog.room);
    case 'takeMoveBack':
      return renderTakeMoveBack(state, app, dialog.room);
    case 'removeMember':
      return renderRemoveMember(state, app, dialog);
    case 'stopHosting':
      return renderStopHosting(state, app, dialog.room);
    case 'renewAddress':
      return renderRenewAddress(state, app, dialog.room);
    case 'close':
      return renderClose(state, app);
    case 'lock':
      return renderLock(state, app);
    case 'rejoin':
      return renderRejoin(state, app, dialog);
    case 'stay':
      return renderStay(state, app, dialog);
    case 'unvouched':
      return renderUnvouched(state, app, dialog);
  }
}
