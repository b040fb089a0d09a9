// Who will see what of a person that goes in, or asks to.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/** @import { App } from '../../../types/app.js' */

/**
 * @param {App} app
 * @param {{ address: string, pinned: boolean }} preview
 * @param {{ who: string, what: string }[]} others Who sees something beside the relay.
 */
export function renderSeen({ t }, { address, pinned }, others) {
  const relay = { who: t('preview-seen-relay'), what: t('preview-seen-relay-text', { address }) };
  const lines = [relay, ...others].map(({ who, what }) => html`<li><b>${who}</b><span>${what}</span></li>`);
  return html`<section class="panel" aria-label=${t('preview-seen')}>
          <h2>${t('preview-seen')}</h2>
          <ul class="plain">${lines}</ul>
          ${pinned
            ? nothing
            : html`<div class="notice notice--warn" data-test="not-pinned"
                >${renderIcon('triangle-alert')}<p>${t('preview-not-pinned')}</p></div>`}
        </section>`;
}
