// What erases this computer, in the same place on every screen.

import { html } from '../../vendor/lit-html/lit-html.js';
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
  const { step } = state.erasure;
  const said = { idle: '', holding: t('erase-holding'), armed: t('erase-again'), busy: t('erase-busy') }[step];
  return html`<div class="strip">
    <span class="strip__said" role="status" data-test="erase-said">${said}</span>
    ${renderEraseButton(state, app)}
  </div>`;
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
