// Settings, as few as there are, and what the app cannot do.

import { isInMemory } from '../../state/vault.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { describePlace } from '../parts/place.js';
import { renderScreenHead } from '../parts/screen_head.js';

/**
 * @import { Theme } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Boot } from '../../../types/shell.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderSettings(state, app) {
  const { t } = app;
  const { boot } = state;
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${renderScreenHead(app, t('settings'))}
    ${renderAppearance(state, app)}
    ${renderWriting(state, app)}
    ${renderStorage(state, app)}
    ${renderLimits(app)}
    ${renderKeys(state, app)}
    ${boot === null ? nothing : renderVersion(app, boot)}
  </div></main>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderAppearance({ theme, vault }, { t, actions }) {
  const renderSegment = (/** @type {Theme} */ value, /** @type {IconName} */ sign, /** @type {string} */ label) =>
    html`<label class="segment"><input
      type="radio"
      name="theme"
      value=${value}
      .checked=${theme === value}
      @change=${() => actions.chooseTheme(value)}
      data-test="theme-${value}"
    ><span>${renderIcon(sign)}${label}</span></label>`;
  const segments = [
    renderSegment('system', 'monitor', t('theme-system')),
    renderSegment('dark', 'moon', t('theme-dark')),
    renderSegment('light', 'sun', t('theme-light')),
  ];
  return html`<section class="panel">
      <fieldset class="segments">
        <legend><h2>${t('appearance')}</h2></legend>
        <div class="segments__row">${segments}</div>
        <p class="field__hint">${isInMemory(vault) ? t('appearance-hint-memory') : t('appearance-hint')}</p>
      </fieldset>
    </section>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderWriting({ tellsTyping }, { t, actions }) {
  return html`<section class="panel">
      <h2>${t('writing-title')}</h2>
      <label class="check"><input
        type="checkbox"
        .checked=${tellsTyping}
        @change=${() => actions.chooseTellsTyping(!tellsTyping)}
        data-test="tells-typing"
      ><span><b>${t('tells-typing')}</b><span class="field__hint">${t('tells-typing-hint')}</span></span></label>
    </section>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderStorage({ boot, vault }, app) {
  const { t, actions } = app;
  const inMemory = isInMemory(vault);
  return html`<section class="panel">
      <h2>${t('storage-title')}</h2>
      <p data-test="place">${inMemory ? t('place-memory-long') : describePlace(app, boot)}</p>
      <div class="form__actions"><button class="button" data-test="lock-now-settings" @click=${actions.lock}
        >${renderIcon('lock')}${inMemory ? t('forget-now') : t('lock-now')}</button></div>
      <p class="fine">${inMemory ? t('forget-hint') : t('lock-hint')}</p>
    </section>`;
}

/** @param {App} app */
function renderLimits({ t }) {
  return html`<section class="panel" data-test="limits">
      <h2>${t('limits-title')}</h2>
      <p class="muted">${t('limits-lead')}</p>
      <ul class="points">
        ${LIMITS.map((id) => html`<li>${t(id)}</li>`)}
      </ul>
    </section>`;
}

const LIMITS = [
  'limits-newcomer',
  'limits-proof',
  'limits-relay',
  'limits-people',
  'limits-system',
  'limits-screenshot',
  'erase-limits',
  'limits-kick',
];

/**
 * @param {App} app
 * @param {Boot} boot
 */
function renderVersion({ t }, { version }) {
  return html`<p class="fine" data-test="version">${t('version', { version })}</p>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderKeys({ boot }, { t }) {
  const apple = boot?.platform === 'macos';
  const switcher = apple ? html`<kbd>⌘</kbd> <kbd>K</kbd>` : html`<kbd>Ctrl</kbd> <kbd>K</kbd>`;
  const erase = apple
    ? html`<kbd>⇧</kbd> <kbd>⌘</kbd> <kbd>⌫</kbd>`
    : html`<kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>Backspace</kbd>`;
  return html`<section class="panel">
      <h2>${t('keys-title')}</h2>
      <dl class="facts">
        <div><dt>${switcher}</dt><dd>${t('keys-switcher')}</dd></div>
        <div><dt><kbd>F6</kbd></dt><dd>${t('keys-panes')}</dd></div>
        <div><dt><kbd>Enter</kbd></dt><dd>${t('keys-send')}</dd></div>
        <div><dt><kbd>Shift</kbd> <kbd>Enter</kbd></dt><dd>${t('keys-line')}</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>${t('keys-back')}</dd></div>
        <div><dt>${erase}</dt><dd>${t('keys-erase')}</dd></div>
      </dl>
    </section>`;
}
