// The folder for data cannot be used.

import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Boot } from '../../../types/shell.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Boot} boot
 */
export function renderFolder({ form }, { t, actions }, { trouble, dataFolder }) {
  const keepNothing = () => actions.createVault({ protection: 'memoryOnly', passphrase: null });
  return html`<main class="stage stage--lamp" data-pane><div class="card card--narrow">
    <span class="emblem" aria-hidden="true">${renderIcon('triangle-alert')}</span>
    <h1 tabindex="-1">${t('folder-title')}</h1>
    <p class="screen__lead file" data-test="folder-trouble" data-state=${trouble}
      >${t(`folder-${trouble}`, { folder: dataFolder })}</p>
    <div class="form">
      <button class="button button--primary" ?disabled=${form.busy} data-test="retry" @click=${actions.retryFolder}
        >${t('try-again')}</button>
      <button class="button" ?disabled=${form.busy} data-test="keep-nothing" @click=${keepNothing}
        >${renderIcon('memory-stick')}${t('folder-keep-nothing')}</button>
    </div>
    <p class="fine">${t('folder-unchanged')}</p>
  </div></main>`;
}
