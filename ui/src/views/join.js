// Joining: the invitation, "Where?" if it does not say, and then what one is about to enter.

import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { formError, icon, rulesList, screenHead, secretField, submitButton, textField, titleOf } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { RoomPreview } from '../../generated/api.js'
 * @import { Screen } from '../state/events.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Screen, { name: 'join' }>} screen
 */
export function joinView(state, app, screen) {
  switch (screen.step) {
    case 'invitation':
      return invitationStep(state, app, screen.read?.known ?? null);
    case 'where':
      return whereStep(state, app);
    case 'preview':
      return screen.preview === null ? nothing : previewStep(state, app, screen.preview);
  }
}

/**
 * @param {State} state
 * @param {App} app
 * @param {string | null} known
 */
function invitationStep({ form }, app, known) {
  const { t, actions } = app;
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${screenHead(app, t('join-title'), t('join-lead'))}
    <form class="form panel" @submit=${sending(actions.readInvitation)} data-test="join-form">
      ${formError(app, form, ['invitation'])}
      ${textField(app, form, { name: 'invitation', label: t('home-invitation'), hint: t('join-invitation-hint'), placeholder: t('home-invitation-example'), mono: true, area: true, submits: true, autofocus: true, required: true })}
      ${known === null ? nothing : html`<div class="notice" role="status" data-test="known">${icon('info')}<p>${t('join-known')}</p><button type="button" class="button button--small" data-test="open-known" @click=${() => actions.openKnown(known)}>${t('join-open')}</button></div>`}
      <div class="form__actions">${submitButton(form, { label: t('join-next'), busy: t('join-busy'), test: 'join-next' })}</div>
    </form>
  </div></main>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function whereStep({ form }, app) {
  const { t, actions } = app;
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${screenHead(app, t('where-title'), t('where-lead'))}
    <form class="form panel" @submit=${sending(actions.previewRoom)} data-test="where-form">
      ${formError(app, form, ['address'])}
      ${textField(app, form, { name: 'address', label: t('where-address'), hint: t('where-hint'), placeholder: t('where-example'), mono: true, autofocus: true, required: true })}
      <div class="form__actions">${submitButton(form, { label: t('join-next'), busy: t('join-busy'), test: 'where-next' })}</div>
    </form>
  </div></main>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomPreview} preview
 */
function previewStep({ form, vault }, app, preview) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const passphrase = preview.rules.needsPassphrase ? String(data.get('passphrase') ?? '') : null;
    void actions.joinRoom(passphrase, isInMemory(vault) || data.has('inMemory'));
  };
  return html`<main class="stage screen" data-pane><div class="screen__column screen__column--wide">
    ${screenHead(app, t('preview-title'))}
    <div class="preview">
      <section class="panel preview__room" aria-label=${t('preview-room')} data-test="preview">
        <h2 class="preview__name" data-test="preview-title"><bdi>${titleOf(app, preview)}</bdi></h2>
        ${preview.note === '' ? nothing : html`<p class="preview__note" dir="auto" data-test="preview-note">${preview.note}</p>`}
        <p class="fine">${icon('shield-check')}${t('preview-signed')}</p>
        <h3 class="overline">${t('rules')}</h3>
        ${rulesList(app, preview.rules)}
        <h3 class="overline">${t('preview-people', { count: preview.people.length })}</h3>
        ${preview.people.length === 0 ? html`<p class="muted">${t('preview-nobody')}</p>` : html`<ul class="names" data-test="preview-people">${preview.people.map((nick) => html`<li class="name-tag" dir="auto">${nick}</li>`)}</ul>`}
        <p class="fine">${icon('info')}${t('preview-people-hint')}</p>
      </section>
      <div class="preview__enter">
        <section class="panel" aria-label=${t('preview-seen')}>
          <h2>${t('preview-seen')}</h2>
          <ul class="plain">
            <li><b>${t('preview-seen-relay')}</b><span>${t('preview-seen-relay-text', { address: preview.address })}</span></li>
            <li><b>${t('preview-seen-members')}</b><span>${t('preview-seen-members-text')}</span></li>
          </ul>
          ${preview.pinned ? nothing : html`<div class="notice notice--warn" data-test="not-pinned">${icon('triangle-alert')}<p>${t('preview-not-pinned')}</p></div>`}
        </section>
        <form class="form panel" @submit=${submit} data-test="enter-form">
          ${formError(app, form, ['nick', 'passphrase'])}
          ${textField(app, form, { name: 'nick', label: t('nick'), hint: t('nick-hint'), maxBytes: 32, required: true })}
          ${preview.rules.needsPassphrase ? secretField(app, form, { name: 'passphrase', label: t('room-passphrase'), hint: t('room-passphrase-hint') }) : nothing}
          ${isInMemory(vault) ? nothing : html`<label class="check"><input type="checkbox" name="inMemory" data-test="in-memory"><span><b>${t('in-memory')}</b><span class="field__hint">${t('in-memory-hint')}</span></span></label>`}
          <div class="form__actions">${submitButton(form, { label: t('preview-enter'), busy: t('preview-busy'), test: 'enter-room' })}</div>
        </form>
      </div>
    </div>
  </div></main>`;
}

/** @param {() => unknown} go */
function sending(go) {
  return (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    go();
  };
}
