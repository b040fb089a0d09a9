// Settings, as few as there are, and what the app cannot do.

import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icon, screenHead } from './parts.js';
import { place } from './unlock.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 * @import { Theme } from '../state/theme.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function settingsView({ theme, boot, vault }, app) {
  const { t, actions } = app;
  const choice = (/** @type {Theme} */ value, /** @type {Parameters<typeof icon>[0]} */ sign, /** @type {string} */ label) => html`<label class="segment"><input type="radio" name="theme" value=${value} .checked=${theme === value} @change=${() => actions.chooseTheme(value)} data-test="theme-${value}"><span>${icon(sign)}${label}</span></label>`;
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${screenHead(app, t('settings'))}
    <section class="panel">
      <fieldset class="segments">
        <legend><h2>${t('appearance')}</h2></legend>
        <div class="segments__row">${choice('system', 'monitor', t('theme-system'))}${choice('dark', 'moon', t('theme-dark'))}${choice('light', 'sun', t('theme-light'))}</div>
        <p class="field__hint">${t('appearance-hint')}</p>
      </fieldset>
    </section>
    <section class="panel">
      <h2>${t('storage-title')}</h2>
      <p data-test="place">${isInMemory(vault) ? t('place-memory-long') : place(app, boot)}</p>
      <div class="form__actions"><button class="button" data-test="lock-now-settings" @click=${actions.lock}>${icon('lock')}${isInMemory(vault) ? t('forget-now') : t('lock-now')}</button></div>
      <p class="fine">${isInMemory(vault) ? t('forget-hint') : t('lock-hint')}</p>
    </section>
    <section class="panel" data-test="limits">
      <h2>${t('limits-title')}</h2>
      <p class="muted">${t('limits-lead')}</p>
      <ul class="points">
        ${['limits-newcomer', 'limits-proof', 'limits-relay', 'limits-people', 'limits-system', 'limits-screenshot', 'limits-kick'].map((id) => html`<li>${t(id)}</li>`)}
      </ul>
    </section>
    <section class="panel">
      <h2>${t('keys-title')}</h2>
      <dl class="facts">
        <div><dt>${boot?.platform === 'macos' ? html`<kbd>⌘</kbd> <kbd>K</kbd>` : html`<kbd>Ctrl</kbd> <kbd>K</kbd>`}</dt><dd>${t('keys-switcher')}</dd></div>
        <div><dt><kbd>F6</kbd></dt><dd>${t('keys-panes')}</dd></div>
        <div><dt><kbd>Enter</kbd></dt><dd>${t('keys-send')}</dd></div>
        <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>${t('keys-line')}</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>${t('keys-back')}</dd></div>
      </dl>
    </section>
    ${boot === null ? nothing : html`<p class="fine" data-test="version">${t('version', { version: boot.version })}</p>`}
  </div></main>`;
}
