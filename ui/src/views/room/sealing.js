// Beside the composer: a message that can be read once, or one that burns sooner than the room's rules say.

import { ALWAYS, FUSES, SECONDS } from '../../choices.js';
import { formatDuration } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Seal } from '../../state/sealing.js'
 */

/**
 * @param {App} app
 * @param {boolean} open
 * @param {Seal} seal
 * @param {boolean} always Whether the room takes no others.
 */
export function renderSealButton({ t, actions }, open, { seconds, fuse }, always) {
  const active = always || seconds !== null || fuse !== null;
  const look = `button button--quiet composer__seal ${active ? 'composer__seal--on' : ''}`;
  return html`<button
    class=${look}
    type="button"
    aria-expanded=${open ? 'true' : 'false'}
    aria-controls="sealing"
    aria-label=${t('sealing')}
    title=${t('sealing')}
    data-test="sealing"
    @click=${actions.toggleSealing}
  >${renderIcon('flame')}</button>`;
}

/**
 * @param {App} app
 * @param {Seal} seal
 * @param {RoomSummary} room
 * @param {boolean} always
 */
export function renderSealing(app, seal, room, always) {
  const { t, actions } = app;
  const close = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    actions.toggleSealing();
  };
  const seconds = seal.seconds ?? (always ? ALWAYS : null);
  const chooseSeal = (/** @type {number | null} */ value) => actions.chooseSeal(room.room, value);
  const none = always ? [] : [null];
  const fuses = FUSES.filter((fuse) => fuse < room.messageTtl);
  return html`<div class="sealing panel" id="sealing" role="group" aria-label=${t('sealing')} @keydown=${close}>
    ${renderChoice(app, 'seal', t('seal'), [...none, ...SECONDS], seconds, t('seal-none'), chooseSeal)}
    <p class="field__hint">${always ? t('seal-always') : t('seal-hint')}</p>
    ${fuses.length === 0
      ? nothing
      : html`${renderFuses(app, room, [null, ...fuses], seal.fuse)}<p class="field__hint">${t('burn-hint')}</p>`}
  </div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {(number | null)[]} choices
 * @param {number | null} chosen
 */
function renderFuses(app, { room }, choices, chosen) {
  const { t, actions } = app;
  const choose = (/** @type {number | null} */ value) => actions.chooseFuse(room, value);
  return renderChoice(app, 'fuse', t('burn-sooner'), choices, chosen, t('burn-as-room'), choose);
}

/**
 * @param {App} app
 * @param {string} name
 * @param {string} legend
 * @param {(number | null)[]} choices
 * @param {number | null} chosen
 * @param {string} none
 * @param {(value: number | null) => void} choose
 */
function renderChoice(app, name, legend, choices, chosen, none, choose) {
  const renderSegment = (/** @type {number | null} */ value) => html`<label class="segment"><input
      type="radio"
      name=${name}
      .checked=${value === chosen}
      @change=${() => choose(value)}
      data-test="${name}-${value ?? 'none'}"
    ><span>${value === null ? none : formatDuration(app, value)}</span></label>`;
  return html`<fieldset class="segments">
    <legend class="field__label">${legend}</legend>
    <div class="segments__row">${choices.map(renderSegment)}</div>
  </fieldset>`;
}
