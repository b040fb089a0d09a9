// A new room: on this computer, or on a relay elsewhere.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { readInMemory, renderInMemory } from '../parts/in_memory.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { readSecret, renderSecretField } from '../parts/secret_field.js';
import { renderTextField } from '../parts/text_field.js';
import { renderCheck, renderRulesForm } from './rules_form.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Screen } from '../../state/events.js'
 * @import { State } from '../../state/slices.js'
 *
 * @typedef {object} Kind What differs between the two.
 * @property {string} title
 * @property {unknown} lead
 * @property {string[]} fields Names of the fields on the screen.
 * @property {unknown} relay The field for its address, if it is elsewhere.
 * @property {{ label: string, busy: string, test: string }} submit
 * @property {(inMemory: boolean, passphrase: string | null) => void} make
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Screen, { name: 'host' }>} screen
 */
export function renderHost(state, app, { reach }) {
  const { t, actions } = app;
  const who = html`<span data-test="reach" data-state=${reach}>${t('hosting-reach', { reach })}</span>`;
  return renderNewRoom(state, app, {
    title: t('host-title'),
    lead: html`${t('host-lead')} ${who}`,
    fields: ['nick', 'title', 'note', 'passphrase'],
    relay: nothing,
    submit: { label: t('host-submit'), busy: t('host-busy'), test: 'host-room' },
    make: actions.hostRoom,
  });
}

/**
 * @param {State} state
 * @param {App} app
 */
export function renderCreate(state, app) {
  const { t, actions } = app;
  const relay = {
    name: 'address',
    label: t('create-relay'),
    hint: t('create-relay-hint'),
    placeholder: t('create-relay-example'),
    mono: true,
    autofocus: true,
    required: true,
  };
  return renderNewRoom(state, app, {
    title: t('create-title'),
    lead: t('create-lead'),
    fields: ['address', 'nick', 'title', 'note', 'passphrase'],
    relay: renderTextField(app, state.form, relay),
    submit: { label: t('create-submit'), busy: t('create-busy'), test: 'create-room' },
    make: actions.createRoom,
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {Kind} kind
 */
function renderNewRoom({ form, vault }, app, kind) {
  const { t } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const passphrase = readSecret(event, 'passphrase');
    kind.make(readInMemory(event, vault), passphrase === '' ? null : passphrase);
  };
  const autofocus = kind.relay === nothing;
  const nick = { name: 'nick', label: t('nick'), hint: t('nick-hint'), maxBytes: 32, required: true, autofocus };
  const title = { name: 'title', label: t('room-title'), hint: t('room-title-hint'), maxBytes: 64 };
  const note = { name: 'note', label: t('room-note'), hint: t('room-note-hint'), maxBytes: 512, area: true };
  const passphrase = {
    name: 'passphrase',
    label: t('new-passphrase'),
    hint: t('new-passphrase-hint'),
    fresh: true,
    optional: true,
  };
  return html`<main class="stage screen" data-pane>
    <div class="screen__column">
      ${renderScreenHead(app, kind.title, kind.lead)}
      <form class="form panel" @submit=${submit} data-test="room-form">
        ${renderFormError(app, form, kind.fields)}
        ${kind.relay}
        ${renderTextField(app, form, nick)}
        ${renderTextField(app, form, title)}
        ${renderTextField(app, form, note)}
        ${renderRulesForm(app, form, kind.relay === nothing)}
        ${renderCheck(app, form, 'locked', 'new-locked', t('new-locked'), t('new-locked-hint'))}
        ${renderSecretField(app, form, passphrase)}
        ${renderInMemory(app, vault)}
        <div class="form__actions">${renderSubmit(form, kind.submit)}</div>
      </form>
    </div>
  </main>`;
}
