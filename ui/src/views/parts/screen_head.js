import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from './icon.js';

/** @import { App } from '../../../types/app.js' */

/**
 * The way back, and what the screen is about.
 * @param {App} app
 * @param {string} title
 * @param {unknown} [lead]
 */
export function renderScreenHead({ t, actions }, title, lead = nothing) {
  return html`<header class="screen__head">
    <button class="button button--quiet screen__back" data-test="back" @click=${actions.goBack}
      >${renderIcon('arrow-left')}${t('back')}</button>
    <h1 tabindex="-1">${title}</h1>
    ${lead === nothing ? nothing : html`<p class="screen__lead">${lead}</p>`}
  </header>`;
}
