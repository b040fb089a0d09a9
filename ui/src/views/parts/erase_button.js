// What erases this computer: held for a second by pointer or key, or pressed twice by what can only press.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * The one that is in the same place on every screen.
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
  const hint = t(boot?.platform === 'macos' ? 'erase-hold-mac' : 'erase-hold');
  const hold = (/** @type {Event} */ event) => isHolding(event) && actions.holdErase();
  return html`<button
    type="button"
    class="strip__erase"
    data-step=${step}
    data-test="erase"
    aria-label=${hint}
    title=${hint}
    aria-busy=${step === 'busy' ? 'true' : nothing}
    @pointerdown=${hold}
    @pointerup=${actions.letGoOfErase}
    @pointerleave=${actions.letGoOfErase}
    @pointercancel=${actions.letGoOfErase}
    @keydown=${hold}
    @keyup=${actions.letGoOfErase}
    @blur=${actions.letGoOfErase}
    @click=${(/** @type {MouseEvent} */ event) => isOnlyPressed(event) && actions.pressErase()}
  >${renderIcon('flame')}${t('erase')}</button>`;
}

/**
 * The main button, a finger, or a key that presses buttons; one that repeats is held already.
 * @param {Event} event
 */
function isHolding(event) {
  if (event instanceof PointerEvent) return event.button === 0;
  if (!(event instanceof KeyboardEvent) || (event.key !== 'Enter' && event.key !== ' ')) return false;
  // It would press the button as well.
  event.preventDefault();
  return !event.repeat;
}

/**
 * A screen reader presses without holding. A click of a pointer counts as a hold that was let go.
 * @param {MouseEvent} event
 */
function isOnlyPressed(event) {
  return event.detail === 0;
}
