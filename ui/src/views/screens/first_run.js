// The first run: what shall protect the rooms.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { describePlace } from '../parts/place.js';
import { readSecret, renderSecretField } from '../parts/secret_field.js';

/**
 * @import { Protection } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderFirstRun({ form, boot }, app) {
  const { t } = app;
  const protection = /** @type {Protection} */ (form.values['protection'] ?? 'passphrase');
  const withPassphrase = protection === 'passphrase';
  return html`<span class="emblem" aria-hidden="true">${renderIcon('key-round')}</span>
    <h1 tabindex="-1">${t('first-title')}</h1>
    <p class="screen__lead">${protection === 'memoryOnly' ? t('place-memory-long') : describePlace(app, boot)}</p>
    <form class="form" @submit=${createWith(app, protection)} @input=${compareWith(app, form)} data-test="first-form">
      ${renderFormError(app, form, withPassphrase ? ['passphrase', 'passphrase-again'] : [])}
      ${renderChoices(app, protection, boot?.keyring === true && !boot.portable)}
      ${withPassphrase ? renderPassphrases(app, form) : nothing}
      ${renderSubmit(form, { label: t('first-submit'), busy: t('first-busy'), test: 'create-vault' })}
    </form>`;
}

/**
 * @param {App} app
 * @param {Protection} protection
 */
function createWith({ actions }, protection) {
  return (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (protection === 'passphrase') {
      const again = readSecret(event, 'passphrase-again');
      actions.createVault({ protection, passphrase: readSecret(event, 'passphrase') }, again);
    } else {
      actions.createVault({ protection, passphrase: null });
    }
  };
}

/**
 * That two passphrases differ is said until they agree, whichever of them is corrected.
 * @param {App} app
 * @param {Form} form
 */
function compareWith({ actions }, { error }) {
  return (/** @type {Event} */ event) => {
    const isMended = readSecret(event, 'passphrase') === readSecret(event, 'passphrase-again');
    if (error === 'passphrase-differs' && isMended) actions.mendForm();
  };
}

/**
 * @param {App} app
 * @param {Protection} protection
 * @param {boolean} keyring Whether the system's keyring can be chosen.
 */
function renderChoices({ t, actions }, protection, keyring) {
  /** @param {Protection} value @param {IconName} sign @param {string} title @param {string} text */
  const renderChoice = (value, sign, title, text) => html`
    <label class="choice">
      <input
        type="radio"
        name="protection"
        value=${value}
        .checked=${protection === value}
        @change=${() => actions.fillField('protection', value)}
        data-test="protect-${value}"
      >
      ${renderIcon(sign)}<span class="choice__text"><b>${title}</b><span>${text}</span></span>
    </label>`;
  return html`<fieldset class="choices">
        <legend class="field__label">${t('first-protection')}</legend>
        ${renderChoice('passphrase', 'lock', t('protect-passphrase'), t('protect-passphrase-text'))}
        ${keyring ? renderChoice('keyring', 'key-round', t('protect-keyring'), t('protect-keyring-text')) : nothing}
        ${renderChoice('memoryOnly', 'memory-stick', t('protect-memory'), t('protect-memory-text'))}
      </fieldset>`;
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderPassphrases(app, form) {
  const { t } = app;
  const first = { name: 'passphrase', label: t('passphrase-new'), hint: t('passphrase-hint'), fresh: true };
  return html`${renderSecretField(app, form, first)}
            ${renderSecretField(app, form, { name: 'passphrase-again', label: t('passphrase-again'), fresh: true })}`;
}
