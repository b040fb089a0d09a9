// The words that people compare.

import { html } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Verification } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderVerify({ room }, app) {
  const { t, actions } = app;
  const verification = room?.view?.verification ?? null;
  return html`<h2 id="dialog-title" tabindex="-1" data-autofocus>${t('check-dialog-title')}</h2>
    ${verification === null ? html`<p class="muted">${t('check-none')}</p>` : renderWords(app, verification)}
    <div class="dialog__actions"><button class="button button--primary" data-test="cancel" @click=${actions.closeDialog}
      >${t('done')}</button></div>`;
}

/**
 * @param {App} app
 * @param {Verification} verification
 */
function renderWords({ t }, { words, sessionCode }) {
  return html`<ol class="words words--big selectable" data-test="verification-words"
            >${words.map((word) => html`<li>${word}</li>`)}</ol>
          <div class="prose">
            <p>${t('check-how')}</p>
            <p>${t('check-same')}</p>
            <p>${t('check-different')}</p>
          </div>
          <details class="fold">
            <summary>${t('check-experts')}</summary>
            <p class="mono selectable session-code" data-test="session-code">${sessionCode}</p>
            <p class="fine">${t('check-experts-hint')}</p>
          </details>`;
}
