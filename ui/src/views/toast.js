// A sentence that is shown for a moment, above everything.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { renderIcon } from './parts/icon.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 * @import { Toast } from '../state/toast.js'
 */

/**
 * The place is always there: a screen reader only tells of what comes into a place that it knows.
 * @param {State} state
 * @param {App} app
 */
export function renderToast({ toast }, app) {
  return html`<div class="toast-place" aria-live="polite">
    ${toast === null ? nothing : renderShown(toast, app)}
  </div>`;
}

/**
 * @param {Toast} toast
 * @param {App} app
 */
function renderShown({ id, tone }, { t, actions }) {
  return html`<div class="toast toast--${tone}" data-test="toast">
          ${renderIcon(tone === 'error' ? 'circle-alert' : 'circle-check')}
          <p>${t(id)}</p>
          <button class="icon-button" aria-label=${t('close')} @click=${actions.hideToast}>${renderIcon('x')}</button>
        </div>`;
}
