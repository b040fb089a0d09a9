// A new room: on this computer, or on a relay elsewhere.

import { LIFETIMES, SIZES } from '../choices.js';
import { duration } from '../format.js';
import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { formError, screenHead, submitButton, textField } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function hostView(state, app) {
  const { t, actions } = app;
  return newRoom(state, app, {
    title: t('host-title'),
    lead: t('host-lead'),
    fields: ['nick', 'title', 'note'],
    relay: nothing,
    submit: { label: t('host-submit'), busy: t('host-busy'), test: 'host-room' },
    go: actions.hostRoom,
  });
}

/**
 * @param {State} state
 * @param {App} app
 */
export function createView(state, app) {
  const { t, actions } = app;
  return newRoom(state, app, {
    title: t('create-title'),
    lead: t('create-lead'),
    fields: ['address', 'nick', 'title', 'note'],
    relay: textField(app, state.form, { name: 'address', label: t('create-relay'), hint: t('create-relay-hint'), placeholder: t('create-relay-example'), mono: true, autofocus: true, required: true }),
    submit: { label: t('create-submit'), busy: t('create-busy'), test: 'create-room' },
    go: actions.createRoom,
  });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {{ title: string, lead: string, fields: string[], relay: unknown, submit: { label: string, busy: string, test: string }, go: (inMemory: boolean) => void }} kind
 */
function newRoom({ form, vault }, app, kind) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    kind.go(isInMemory(vault) || data.has('inMemory'));
  };
  return html`<main class="stage screen" data-pane>
    <div class="screen__column">
      ${screenHead(app, kind.title, kind.lead)}
      <form class="form panel" @submit=${submit} data-test="room-form">
        ${formError(app, form, kind.fields)}
        ${kind.relay}
        ${textField(app, form, { name: 'nick', label: t('nick'), hint: t('nick-hint'), maxBytes: 32, required: true, autofocus: kind.relay === nothing })}
        ${textField(app, form, { name: 'title', label: t('room-title'), hint: t('room-title-hint'), maxBytes: 64 })}
        ${textField(app, form, { name: 'note', label: t('room-note'), hint: t('room-note-hint'), maxBytes: 512, area: true })}
        <fieldset class="segments">
          <legend class="field__label">${t('lifetime')}</legend>
          <div class="segments__row">
            ${LIFETIMES.map(
              (seconds) => html`<label class="segment"><input type="radio" name="messageTtl" value=${seconds} .checked=${form.values['messageTtl'] === String(seconds)}
                @change=${() => actions.fillField('messageTtl', String(seconds))} data-test="lifetime-${seconds}"><span>${duration(app, seconds)}</span></label>`,
            )}
          </div>
          <p class="field__hint">${t('lifetime-hint')}</p>
        </fieldset>
        <fieldset class="segments">
          <legend class="field__label">${t('size')}</legend>
          <div class="segments__row">
            ${SIZES.map(
              (people) => html`<label class="segment"><input type="radio" name="maxMembers" value=${people} .checked=${form.values['maxMembers'] === String(people)}
                @change=${() => actions.fillField('maxMembers', String(people))} data-test="size-${people}"><span>${t('size-people', { count: people })}</span></label>`,
            )}
          </div>
          <p class="field__hint">${t('size-hint')}</p>
        </fieldset>
        ${isInMemory(vault)
          ? nothing
          : html`<label class="check"><input type="checkbox" name="inMemory" data-test="in-memory"><span><b>${t('in-memory')}</b><span class="field__hint">${t('in-memory-hint')}</span></span></label>`}
        <div class="form__actions">${submitButton(form, kind.submit)}</div>
      </form>
    </div>
  </main>`;
}
