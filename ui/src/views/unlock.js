// Before anything can be seen: the first run, and the passphrase afterwards.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { formError, icon, secretField, submitButton } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Protection } from '../../generated/api.js'
 * @import { Boot } from '../../types/shell.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function startingView({ form }, app) {
  return html`<main class="stage stage--lamp"><div class="card card--narrow">
    ${form.error === null
      ? html`<h1 class="loading"><span class="spinner" aria-hidden="true"></span><span role="status">${app.t('starting')}</span></h1>`
      : html`<h1 tabindex="-1">${app.t('starting-failed')}</h1>
          ${formError(app, form, [])}
          <button class="button button--primary" data-test="retry" @click=${app.actions.retryStart}>${app.t('try-again')}</button>`}
  </div></main>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
export function unlockView(state, app) {
  return html`<main class="stage stage--lamp" data-pane>
    <div class=${state.vault.state === 'new' ? 'card card--first' : 'card card--narrow'}>${state.vault.state === 'new' ? firstRun(state, app) : state.vault.state === 'incomplete' ? incomplete(state, app) : locked(state, app)}</div>
  </main>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function locked({ form, boot, vault: { ways } }, app) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void actions.unlock(secretIn(event, 'passphrase'));
  };
  const keyringAlone = ways?.keyring === true && !ways.passphrase;
  const keyring = (/** @type {string} */ look) => html`<button type="button" class=${`button ${look}`} ?disabled=${form.busy} data-test="unlock-keyring" @click=${() => actions.unlock(null)}>${icon('key-round')}${t('unlock-keyring')}</button>`;
  return html`<span class="emblem" aria-hidden="true">${icon('lock')}</span>
    <h1 tabindex="-1">${t('unlock-title')}</h1>
    <p class="screen__lead">${place(app, boot)}</p>
    ${keyringAlone
      ? html`<div class="form" data-test="unlock-form">
          ${form.error === null && boot?.keyring === false ? html`<div class="notice notice--warn" role="status" data-test="keyring-silent">${icon('key-round')}<p>${t('unlock-keyring-silent')}</p></div>` : nothing}
          ${formError(app, form, [])}
          ${keyring('button--primary')}
        </div>`
      : html`<form class="form" @submit=${submit} data-test="unlock-form">
          ${formError(app, form, ['passphrase'])}
          ${secretField(app, form, { name: 'passphrase', label: t('passphrase'), autofocus: true })}
          ${submitButton(form, { label: t('unlock'), busy: t('unlock-busy'), test: 'unlock' })}
          ${ways?.keyring === true && boot?.keyring === true ? keyring('') : nothing}
        </form>
        <p class="fine">${t('unlock-forgotten')}</p>`}`;
}

/**
 * The folder for data cannot be used.
 * @param {State} state
 * @param {App} app
 * @param {Boot} boot
 */
export function folderView({ form }, app, boot) {
  const { t, actions } = app;
  return html`<main class="stage stage--lamp" data-pane><div class="card card--narrow">
    <span class="emblem" aria-hidden="true">${icon('triangle-alert')}</span>
    <h1 tabindex="-1">${t('folder-title')}</h1>
    <p class="screen__lead file" data-test="folder-trouble" data-state=${boot.trouble}>${t(`folder-${boot.trouble}`, { folder: boot.dataFolder })}</p>
    <div class="form">
      <button class="button button--primary" ?disabled=${form.busy} data-test="retry" @click=${actions.retryFolder}>${t('try-again')}</button>
      <button class="button" ?disabled=${form.busy} data-test="keep-nothing" @click=${() => actions.createVault({ protection: 'memoryOnly', passphrase: null })}>${icon('memory-stick')}${t('folder-keep-nothing')}</button>
    </div>
    <p class="fine">${t('folder-unchanged')}</p>
  </div></main>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function firstRun({ form, boot }, app) {
  const { t, actions } = app;
  const keyring = boot?.keyring === true && !boot.portable;
  const protection = /** @type {Protection} */ (form.values['protection'] ?? 'passphrase');
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (protection === 'passphrase') actions.createVault({ protection, passphrase: secretIn(event, 'passphrase') }, secretIn(event, 'passphrase-again'));
    else actions.createVault({ protection, passphrase: null });
  };
  const choice = (/** @type {Protection} */ value, /** @type {Parameters<typeof icon>[0]} */ sign, /** @type {string} */ title, /** @type {string} */ text) => html`
    <label class="choice">
      <input type="radio" name="protection" value=${value} .checked=${protection === value} @change=${() => actions.fillField('protection', value)} data-test="protect-${value}">
      ${icon(sign)}<span class="choice__text"><b>${title}</b><span>${text}</span></span>
    </label>`;
  return html`<span class="emblem" aria-hidden="true">${icon('key-round')}</span>
    <h1 tabindex="-1">${t('first-title')}</h1>
    <p class="screen__lead">${protection === 'memoryOnly' ? t('place-memory-long') : place(app, boot)}</p>
    <form class="form" @submit=${submit} data-test="first-form">
      ${formError(app, form, protection === 'passphrase' ? ['passphrase', 'passphrase-again'] : [])}
      <fieldset class="choices">
        <legend class="field__label">${t('first-protection')}</legend>
        ${choice('passphrase', 'lock', t('protect-passphrase'), t('protect-passphrase-text'))}
        ${keyring ? choice('keyring', 'key-round', t('protect-keyring'), t('protect-keyring-text')) : nothing}
        ${choice('memoryOnly', 'memory-stick', t('protect-memory'), t('protect-memory-text'))}
      </fieldset>
      ${protection === 'passphrase'
        ? html`${secretField(app, form, { name: 'passphrase', label: t('passphrase-new'), hint: t('passphrase-hint'), fresh: true })}
            ${secretField(app, form, { name: 'passphrase-again', label: t('passphrase-again'), fresh: true })}`
        : nothing}
      ${submitButton(form, { label: t('first-submit'), busy: t('first-busy'), test: 'create-vault' })}
    </form>`;
}

/**
 * Files of a vault are there, and the one that opens it is not.
 * @param {State} state
 * @param {App} app
 */
function incomplete({ form, boot }, app) {
  const { t, actions } = app;
  return html`<span class="emblem" aria-hidden="true">${icon('triangle-alert')}</span>
    <h1 tabindex="-1">${t('incomplete-title')}</h1>
    <p class="screen__lead">${t('incomplete-why', { folder: boot?.dataFolder ?? '' })}</p>
    <div class="form" data-test="incomplete">
      ${formError(app, form, [])}
      <button class="button button--primary" ?disabled=${form.busy} data-test="retry" @click=${actions.retryStart}>${t('try-again')}</button>
      <button class="button" ?disabled=${form.busy} data-test="set-aside" @click=${actions.setVaultAside}>${t('incomplete-anew')}</button>
    </div>
    <p class="fine">${t('incomplete-anew-text')}</p>`;
}

/**
 * Where data lives, for a person to read.
 * @param {App} app
 * @param {Boot | null} boot
 */
export function place({ t }, boot) {
  if (boot === null) return nothing;
  return boot.portable ? t('place-portable') : t('place-folder', { folder: boot.dataFolder });
}

/** @param {SubmitEvent} event @param {string} name */
function secretIn(event, name) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  return String(new FormData(form).get(name) ?? '');
}
