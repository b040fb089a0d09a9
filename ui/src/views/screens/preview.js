// The room from its door: what one is about to enter, and who will see what.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { readInMemory, renderInMemory } from '../parts/in_memory.js';
import { renderRules } from '../parts/rules.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { readSecret, renderSecretField } from '../parts/secret_field.js';
import { renderTextField } from '../parts/text_field.js';
import { formatTitle } from '../parts/title.js';
import { renderLockedPreview } from './locked_preview.js';
import { renderSeen } from './seen.js';

/**
 * @import { Preview, RoomPreview } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Preview} preview
 */
export function renderPreview(state, app, { kind, room }) {
  return kind === 'locked' ? renderLockedPreview(state, app, room) : renderOpenPreview(state, app, room);
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomPreview} preview
 */
function renderOpenPreview(state, app, preview) {
  const { t } = app;
  const members = { who: t('preview-seen-members'), what: t('preview-seen-members-text') };
  return html`<main class="stage screen" data-pane><div class="screen__column screen__column--wide">
    ${renderScreenHead(app, t('preview-title'))}
    <div class="preview">
      ${renderRoom(app, preview)}
      <div class="preview__enter">
        ${renderSeen(app, preview, [members])}
        ${renderEntrance(state, app, preview)}
      </div>
    </div>
  </div></main>`;
}

/**
 * @param {App} app
 * @param {RoomPreview} preview
 */
function renderRoom(app, preview) {
  const { t } = app;
  const { note, rules, people } = preview;
  return html`<section class="panel preview__room" aria-label=${t('preview-room')} data-test="preview">
        <h2 class="preview__name" data-test="preview-title"><bdi>${formatTitle(app, preview)}</bdi></h2>
        ${note === '' ? nothing : html`<p class="preview__note" dir="auto" data-test="preview-note">${note}</p>`}
        <p class="fine">${renderIcon('shield-check')}${t('preview-signed')}</p>
        <h3 class="overline">${t('rules')}</h3>
        ${renderRules(app, rules)}
        <h3 class="overline">${t('preview-people', { count: people.length })}</h3>
        ${people.length === 0
          ? html`<p class="muted">${t('preview-nobody')}</p>`
          : html`<ul class="names" data-test="preview-people">${people.map(renderName)}</ul>`}
        <p class="fine">${renderIcon('info')}${t('preview-people-hint')}</p>
      </section>`;
}

/** @param {string} nick */
function renderName(nick) {
  return html`<li class="name-tag" dir="auto">${nick}</li>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomPreview} preview
 */
function renderEntrance({ form, vault }, app, { rules }) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const passphrase = rules.needsPassphrase ? readSecret(event, 'passphrase') : null;
    void actions.joinRoom(passphrase, readInMemory(event, vault));
  };
  const nick = { name: 'nick', label: t('nick'), hint: t('nick-hint'), maxBytes: 32, required: true };
  const passphrase = { name: 'passphrase', label: t('room-passphrase'), hint: t('room-passphrase-hint') };
  const button = { label: t('preview-enter'), busy: t('preview-busy'), test: 'enter-room' };
  return html`<form class="form panel" @submit=${submit} data-test="enter-form">
          ${renderFormError(app, form, ['nick', 'passphrase'])}
          ${renderTextField(app, form, nick)}
          ${rules.needsPassphrase ? renderSecretField(app, form, passphrase) : nothing}
          ${renderInMemory(app, vault)}
          <div class="form__actions">${renderSubmit(form, button)}</div>
        </form>`;
}
