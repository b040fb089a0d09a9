// What erases this computer, in the same place on every screen.

import { isOpen } from '../../state/vault.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderHoldButton } from './hold_button.js';
import { renderIcon } from './icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderEraseStrip(state, app) {
  const { t } = app;
  const { erasure: { step }, tellRooms, vault, rooms } = state;
  const busy = tellRooms ? t('erase-telling') : t('erase-busy');
  const said = { idle: '', holding: t('erase-holding'), armed: t('erase-again'), busy }[step];
  const canTell = isOpen(vault.state) && rooms.some(({ ended }) => ended === null);
  return html`<div class="strip">
    <span class="strip__said" role="status" data-test="erase-said">${said}</span>
    ${canTell ? renderTellRooms(state, app) : nothing}
    ${renderEraseButton(state, app)}
  </div>`;
}

/**
 * Silence is what nobody has to choose.
 * @param {State} state
 * @param {App} app
 */
function renderTellRooms({ tellRooms }, { t, actions }) {
  return html`<label class="check strip__tell"><input
      type="checkbox"
      .checked=${tellRooms}
      @change=${() => actions.chooseTellRooms(!tellRooms)}
      data-test="erase-tell"
    ><span><span class="hide-narrow">${t('erase-tell')}</span
    ><span class="only-narrow">${t('erase-tell-short')}</span></span></label>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderEraseButton({ boot, erasure: { step } }, { t, actions }) {
  return renderHoldButton({
    look: 'strip__erase',
    step,
    test: 'erase',
    content: html`${renderIcon('flame')}${t('erase')}`,
    label: t(boot?.platform === 'macos' ? 'erase-hold-mac' : 'erase-hold'),
    hold: actions.holdErase,
    letGo: actions.letGoOfErase,
    press: actions.pressErase,
  });
}
