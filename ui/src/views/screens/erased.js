// The keys are destroyed, and files are left.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { Remnant } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderErased({ boot, erasure: { left, step } }, app) {
  const { t, actions } = app;
  // Of an erasure before the app was started only the files are known.
  const said = [...new Set(left.length === 0 ? [SENTENCE.rooms] : left.map((remnant) => SENTENCE[remnant]))];
  return html`<span class="emblem" aria-hidden="true">${renderIcon('triangle-alert')}</span>
    <h1 tabindex="-1">${t('erased-title')}</h1>
    <p class="screen__lead">${t('erased-lead')}</p>
    <div class="form" data-test="erased">
      ${said.map((id) => html`<p data-test=${id}>${t(id)}</p>`)}
      <p class="file">${boot?.dataFolder ?? ''}</p>
      <button
        class="button button--primary"
        ?disabled=${step === 'busy'}
        data-test="erase-on"
        @click=${() => void actions.erase()}
      >${step === 'busy' ? t('erase-busy') : t('erased-again')}</button>
    </div>`;
}

/** @type {Record<Remnant, string>} */
const SENTENCE = {
  keys: 'erase-left-keys',
  index: 'erase-left-files',
  rooms: 'erase-left-files',
  'set-aside': 'erase-left-files',
  keyring: 'erase-left-keyring',
  program: 'erase-left-program',
};
