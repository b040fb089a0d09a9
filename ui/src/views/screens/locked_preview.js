// A locked room from its door: how little is known of it, and asking its owner to be let in.

import { formatDuration } from '../../format.js';
import { html } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { readInMemory, renderInMemory } from '../parts/in_memory.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { renderTextField } from '../parts/text_field.js';
import { renderSeen } from './seen.js';

/**
 * @import { LockedPreview } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/** Characters in the note to the owner (protocol 4.6.9). */
const MAX_NOTE = 140;

/**
 * @param {State} state
 * @param {App} app
 * @param {LockedPreview} preview
 */
export function renderLockedPreview(state, app, preview) {
  const { t } = app;
  const owner = { who: t('locked-preview-owner'), what: t('locked-preview-owner-text') };
  const lead = preview.canKnock ? describeKnock(state, app) : t('locked-preview-silent');
  return html`<main class="stage screen" data-pane><div class="screen__column screen__column--wide">
    ${renderScreenHead(app, t('locked-preview-title'), lead)}
    <div class="preview">
      ${renderRoom(app, preview)}
      <div class="preview__enter">
        ${renderSeen(app, preview, preview.canKnock ? [owner] : [])}
        ${preview.canKnock ? renderKnock(state, app) : renderNoKnocks(app)}
      </div>
    </div>
  </div></main>`;
}

/**
 * Who was invited aloud brings a token, and nobody is asked.
 * @param {State} state
 * @param {App} app
 */
function describeKnock({ screen }, { t }) {
  const isInvited = screen.name === 'join' && screen.heard !== null && screen.heard.token !== null;
  return t(isInvited ? 'locked-preview-invited' : 'locked-preview-lead');
}

/**
 * @param {App} app
 * @param {LockedPreview} preview
 */
function renderRoom(app, { messageTtl, idleTtl, maxMembers }) {
  const { t } = app;
  const idle = t('rules-idle-ttl-value', { time: formatDuration(app, idleTtl) });
  return html`<section class="panel preview__room" aria-label=${t('preview-room')} data-test="locked-preview">
        <span class="emblem" aria-hidden="true">${renderIcon('lock')}</span>
        <h2 class="preview__name">${t('room-knocking')}</h2>
        <p class="preview__note">${t('locked-preview-hidden')}</p>
        <h3 class="overline">${t('rules')}</h3>
        <dl class="facts">
          <div><dt>${t('rules-message-ttl')}</dt><dd>${formatDuration(app, messageTtl)}</dd></div>
          <div><dt>${t('rules-idle-ttl')}</dt><dd>${idle}</dd></div>
          <div><dt>${t('rules-max-members')}</dt><dd>${maxMembers}</dd></div>
        </dl>
        <p class="fine">${renderIcon('shield-check')}${t('locked-preview-signed')}</p>
      </section>`;
}

/** @param {App} app */
function renderNoKnocks({ t }) {
  return html`<div class="notice notice--warn" role="status" data-test="no-knocks"
    >${renderIcon('door-closed')}<p>${t('fault-noKnocking')}</p></div>`;
}

/**
 * @param {State} state
 * @param {App} app
 */
function renderKnock({ form, vault }, app) {
  const { t, actions } = app;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void actions.knockRoom(readInMemory(event, vault));
  };
  const nick = { name: 'nick', label: t('nick'), hint: t('nick-hint'), maxBytes: 32, required: true };
  const note = {
    name: 'knock-note',
    label: t('knock-note'),
    hint: t('knock-note-hint'),
    maxCharacters: MAX_NOTE,
    area: true,
    submits: true,
  };
  const button = { label: t('knock-submit'), busy: t('knock-busy'), test: 'knock' };
  return html`<form class="form panel" @submit=${submit} data-test="knock-form">
          ${renderFormError(app, form, ['nick', 'knock-note'])}
          ${renderTextField(app, form, nick)}
          ${renderTextField(app, form, note)}
          ${renderInMemory(app, vault)}
          <div class="form__actions">${renderSubmit(form, button)}</div>
        </form>`;
}
