// While the vault is closed: opening it, or what there is before it can be opened.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { describePlace } from '../parts/place.js';
import { readSecret, renderSecretField } from '../parts/secret_field.js';
import { renderErased } from './erased.js';
import { renderFirstRun } from './first_run.js';
import { renderIncomplete } from './incomplete.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderUnlock(state, app) {
  const isNew = state.vault.state === 'new';
  const render = chooseScreen(state);
  return html`<main class="stage stage--lamp" data-pane>
    <div class=${isNew ? 'card card--first' : 'card card--narrow'}>${render(state, app)}</div>
  </main>`;
}

/** @param {State} state */
function chooseScreen({ vault }) {
  switch (vault.state) {
    case 'new':
      return renderFirstRun;
    case 'incomplete':
      return renderIncomplete;
    case 'erased':
      return renderErased;
    default:
      return renderLocked;
  }
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderLocked(state, app) {
  const { t } = app;
  const { ways } = state.vault;
  return html`<span class="emblem" aria-hidden="true">${renderIcon('lock')}</span>
    <h1 tabindex="-1">${t('unlock-title')}</h1>
    <p class="screen__lead">${describePlace(app, state.boot)}</p>
    ${ways?.keyring === true && !ways.passphrase ? renderKeyringAlone(state, app) : renderPassphrase(state, app)}`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderKeyringAlone({ form, boot }, app) {
  const { t } = app;
  return html`<div class="form" data-test="unlock-form">
          ${form.error === null && boot?.keyring === false
            ? html`<div class="notice notice--warn" role="status" data-test="keyring-silent"
                >${renderIcon('key-round')}<p>${t('unlock-keyring-silent')}</p></div>`
            : nothing}
          ${renderFormError(app, form, [])}
          ${renderKeyringButton(app, form.busy, 'button--primary')}
        </div>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderPassphrase({ form, boot, vault: { ways } }, app) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void actions.unlock(readSecret(event, 'passphrase'));
  };
  return html`<form class="form" @submit=${submit} data-test="unlock-form">
          ${renderFormError(app, form, ['passphrase'])}
          ${renderSecretField(app, form, { name: 'passphrase', label: t('passphrase'), autofocus: true })}
          ${renderSubmit(form, { label: t('unlock'), busy: t('unlock-busy'), test: 'unlock' })}
          ${ways?.keyring === true && boot?.keyring === true ? renderKeyringButton(app, form.busy, '') : nothing}
        </form>
        <p class="fine">${t('unlock-forgotten')}</p>`;
}

/**
 * @param {App} app
 * @param {boolean} busy
 * @param {string} look
 */
function renderKeyringButton({ t, actions }, busy, look) {
  return html`<button
    type="button"
    class=${`button ${look}`}
    ?disabled=${busy}
    data-test="unlock-keyring"
    @click=${() => actions.unlock(null)}
  >${renderIcon('key-round')}${t('unlock-keyring')}</button>`;
}
