import { isInMemory } from '../../state/vault.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Vault } from '../../state/vault.js'
 */

/**
 * Whether a new room shall leave nothing on the disk; not asked where nothing is kept anyway.
 * @param {App} app
 * @param {Vault} vault
 */
export function renderInMemory({ t }, vault) {
  if (isInMemory(vault)) return nothing;
  return html`<label class="check"><input type="checkbox" name="inMemory" data-test="in-memory"
    ><span><b>${t('in-memory')}</b><span class="field__hint">${t('in-memory-hint')}</span></span></label>`;
}

/**
 * The answer, when the form is sent.
 * @param {SubmitEvent} event
 * @param {Vault} vault
 */
export function readInMemory(event, vault) {
  const form = /** @type {HTMLFormElement} */ (event.currentTarget);
  return isInMemory(vault) || new FormData(form).has('inMemory');
}
