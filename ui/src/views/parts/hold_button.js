// A button that is held for a second by pointer or key, or pressed twice by what can only press.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Step } from '../../hold.js'
 *
 * @typedef {object} HoldButton
 * @property {string} look
 * @property {Step} step
 * @property {string} test
 * @property {unknown} content
 * @property {string} [label] What a screen reader says instead of the content, and a pointer that rests on it.
 * @property {string} [describedBy]
 * @property {boolean} [isDirect] Once it is armed, any press does it.
 * @property {() => void} hold
 * @property {() => void} letGo
 * @property {() => void} press
 */

/** @param {HoldButton} button */
export function renderHoldButton(button) {
  const { look, step, test, content, label, describedBy, isDirect = false, letGo, press } = button;
  const takesPress = isDirect && step === 'armed';
  const hold = (/** @type {Event} */ event) => !takesPress && isHolding(event) && button.hold();
  return html`<button
    type="button"
    class="hold ${look}"
    data-step=${step}
    data-test=${test}
    aria-label=${label ?? nothing}
    title=${label ?? nothing}
    aria-describedby=${describedBy ?? nothing}
    aria-busy=${step === 'busy' ? 'true' : nothing}
    @pointerdown=${hold}
    @pointerup=${letGo}
    @pointerleave=${letGo}
    @pointercancel=${letGo}
    @keydown=${hold}
    @keyup=${letGo}
    @blur=${letGo}
    @click=${(/** @type {MouseEvent} */ event) => (takesPress || isOnlyPressed(event)) && press()}
  >${content}</button>`;
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
