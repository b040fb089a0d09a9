// Small pieces that several screens share.

import { byteLength, date, duration } from '../format.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icons } from '../vendor/icons.js';
import { live } from '../vendor/lit-html/directives/live.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Form, FormError } from '../state/fields.js'
 * @import { Hosting, RoomPhase, RoomSummary, Rules, Slip, Unopened } from '../../generated/api.js'
 */

/** @param {keyof typeof icons} name */
export function icon(name) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[name]}</svg>`;
}

/**
 * @param {App} app
 * @param {{ title: string, unopened?: Unopened | null }} room
 */
export function titleOf(app, { title, unopened = null }) {
  // What a room is called stands in its file.
  if (unopened !== null) return app.t('room-unopened', { date: date(app, unopened.madeAt) });
  return title === '' ? app.t('room-untitled') : title;
}

/**
 * Why this computer does not serve a room that it hosts, or how far that is.
 * @param {App} app
 * @param {Hosting} hosting
 */
export function hostingText(app, { state, reason, file }) {
  if (state !== 'failed' || reason === null) return app.t(`hosting-${state}`);
  return html`<b>${app.t('hosting-short-failed')}.</b> ${app.t(`error-${reason}`)} ${fileText(app, file)}`;
}

/**
 * Which file is meant, if any.
 * @param {App} app
 * @param {string | null | undefined} file
 */
export function fileText({ t }, file) {
  return file ? html`<span class="file">${t('damaged-file', { file })}</span>` : nothing;
}

/**
 * Whether nothing can be done in the room any more, or not until its file opens.
 * @param {RoomSummary} room
 */
export function isOver({ phase }) {
  return phase === 'gone' || phase === 'leaving' || !hasFile(phase);
}

/**
 * Whether the room's file opened.
 * @param {RoomPhase} phase
 */
export function hasFile(phase) {
  return phase !== 'damaged' && phase !== 'unreadable';
}

/**
 * A labelled line or area of text whose value lives in the form.
 * @param {App} app
 * @param {Form} form
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.label
 * @param {string} [options.hint]
 * @param {string} [options.placeholder]
 * @param {number} [options.maxBytes] Shown as what is left once it gets close.
 * @param {boolean} [options.area]
 * @param {boolean} [options.submits] Enter sends the form although the text may have several lines.
 * @param {boolean} [options.mono]
 * @param {boolean} [options.autofocus]
 * @param {boolean} [options.required]
 */
export function textField(app, form, options) {
  const { name, label, hint, placeholder = '', maxBytes, area = false, submits = false, mono = false, autofocus = false, required = false } = options;
  const value = form.values[name] ?? '';
  const error = fieldOf(form.error) === name ? form.error : null;
  const onInput = (/** @type {InputEvent} */ event) => app.actions.fillField(name, /** @type {HTMLInputElement} */ (event.target).value);
  const onKeydown = submits ? submitOnEnter : nothing;
  const described = [hint ? `${name}-hint` : '', error ? `${name}-error` : ''].join(' ').trim() || nothing;
  const classes = mono ? 'input input--mono' : 'input';
  return html`<div class="field">
    <label class="field__label" for=${name}>${label}${required ? nothing : html`<span class="field__optional">${app.t('optional')}</span>`}</label>
    ${area
      ? html`<textarea class=${classes} id=${name} name=${name} rows="3" placeholder=${placeholder} .value=${live(value)} @input=${onInput} @keydown=${onKeydown} aria-invalid=${error ? 'true' : 'false'} aria-describedby=${described} ?data-autofocus=${autofocus} data-test="field-${name}"></textarea>`
      : html`<input class=${classes} id=${name} name=${name} placeholder=${placeholder} autocomplete="off" autocapitalize="off" spellcheck="false" .value=${live(value)} @input=${onInput} aria-invalid=${error ? 'true' : 'false'} aria-describedby=${described} ?data-autofocus=${autofocus} data-test="field-${name}">`}
    ${hint ? html`<p class="field__hint" id="${name}-hint">${hint}</p>` : nothing}
    ${maxBytes ? bytesLeft(app, value, maxBytes) : nothing}
    ${error ? html`<p class="field__error" id="${name}-error" role="alert" data-test="error" data-code=${error}>${icon('circle-alert')}<span>${app.t(`error-${error}`)}${form.slip ? ` ${whereIt(app, form.slip)}` : nothing}</span></p>` : nothing}
  </div>`;
}

/**
 * Enter sends the form of an area, as it does from a line.
 * @param {KeyboardEvent} event
 */
export function submitOnEnter(event) {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  /** @type {HTMLTextAreaElement} */ (event.target).form?.requestSubmit();
}

/**
 * The place of a mistake in an invitation.
 * @param {App} app
 * @param {Slip} slip
 */
function whereIt({ t }, slip) {
  const { kind, ...values } = slip;
  return t(`slip-${kind}`, values);
}

/**
 * A secret stays in its input: it is read when the form is sent and is never part of the state.
 * @param {App} app
 * @param {Form} form
 * @param {{ name: string, label: string, hint?: string, autofocus?: boolean, fresh?: boolean }} options
 */
export function secretField(app, form, { name, label, hint, autofocus = false, fresh = false }) {
  const error = fieldOf(form.error) === name ? form.error : null;
  const shown = form.values[`${name}-shown`] === 'yes';
  const described = [hint ? `${name}-hint` : '', error ? `${name}-error` : ''].join(' ').trim() || nothing;
  return html`<div class="field">
    <label class="field__label" for=${name}>${label}</label>
    <div class="input-group">
      <input class="input" id=${name} name=${name} type=${shown ? 'text' : 'password'} autocomplete=${fresh ? 'new-password' : 'current-password'} spellcheck="false" autocapitalize="off" aria-invalid=${error ? 'true' : 'false'} aria-describedby=${described} ?data-autofocus=${autofocus} data-test="field-${name}">
      <button type="button" class="icon-button" aria-pressed=${shown ? 'true' : 'false'} aria-label=${app.t('show-passphrase')} title=${app.t('show-passphrase')} data-test="show-${name}" @click=${() => app.actions.fillField(`${name}-shown`, shown ? '' : 'yes')}>${icon(shown ? 'eye-off' : 'eye')}</button>
    </div>
    ${hint ? html`<p class="field__hint" id="${name}-hint">${hint}</p>` : nothing}
    ${error ? html`<p class="field__error" id="${name}-error" role="alert" data-test="error" data-code=${error}>${icon('circle-alert')}<span>${app.t(`error-${error}`)}</span></p>` : nothing}
  </div>`;
}

/**
 * What went wrong with the form as a whole.
 * @param {App} app
 * @param {Form} form
 * @param {string[]} fields Names of the fields on the screen: their errors are shown beside them.
 */
export function formError(app, form, fields) {
  const { error } = form;
  if (error === null || fields.includes(fieldOf(error) ?? '')) return nothing;
  return html`<div class="notice notice--danger" role="alert" tabindex="-1" data-error data-test="error" data-code=${error}>${icon('circle-alert')}<p>${app.t(`error-${error}`)}</p></div>`;
}

/**
 * The one main action of a screen. While it runs it says so and cannot be pressed again.
 * @param {Form} form
 * @param {{ label: string, busy: string, test: string, disabled?: boolean }} options
 */
export function submitButton(form, { label, busy, test, disabled = false }) {
  return html`<button class="button button--primary" type="submit" ?disabled=${form.busy || disabled} data-test=${test}>${form.busy ? html`<span class="spinner" aria-hidden="true"></span><span role="status">${busy}</span>` : label}</button>`;
}

/**
 * @param {App} app
 * @param {string} title
 * @param {unknown} [lead]
 */
export function screenHead(app, title, lead = nothing) {
  return html`<header class="screen__head">
    <button class="button button--quiet screen__back" data-test="back" @click=${app.actions.goBack}>${icon('arrow-left')}${app.t('back')}</button>
    <h1 tabindex="-1">${title}</h1>
    ${lead === nothing ? nothing : html`<p class="screen__lead">${lead}</p>`}
  </header>`;
}

/**
 * The rules of a room, in sentences short enough for a table.
 * @param {App} app
 * @param {Rules} rules
 */
export function rulesList(app, rules) {
  const { t } = app;
  return html`<dl class="facts" data-test="rules">
    <div><dt>${t('rules-message-ttl')}</dt><dd>${duration(app, rules.messageTtl)}</dd></div>
    <div><dt>${t('rules-idle-ttl')}</dt><dd>${t('rules-idle-ttl-value', { time: duration(app, rules.idleTtl) })}</dd></div>
    <div><dt>${t('rules-max-members')}</dt><dd>${rules.maxMembers}</dd></div>
    <div><dt>${t('rules-join')}</dt><dd>${rules.needsPassphrase ? t('rules-join-passphrase') : t('rules-join-code')}</dd></div>
  </dl>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
export function connectionChip({ t }, room) {
  const { kind } = room.connection;
  const look = { online: 'good', connecting: 'busy', catchingUp: 'busy', waiting: 'warn', stopped: 'bad', offline: 'off' }[kind];
  const sign = kind === 'online' ? icon('wifi') : kind === 'connecting' || kind === 'catchingUp' ? html`<span class="spinner" aria-hidden="true"></span>` : icon('wifi-off');
  return html`<span class="chip chip--${look}" role="status" data-test="connection" data-state=${kind}>${sign}${t(`connection-${kind}`)}</span>`;
}

/**
 * @param {App} app
 * @param {string} value
 * @param {number} max
 */
export function bytesLeft({ t }, value, max) {
  const left = max - byteLength(value);
  if (left > max / 8) return nothing;
  return html`<p class=${left < 0 ? 'counter counter--over' : 'counter'} role="status" data-test="counter">${left < 0 ? t('bytes-over', { count: -left }) : t('bytes-left', { count: left })}</p>`;
}

/**
 * The field that an error is about; null where it is about the whole.
 * @param {FormError | null} code
 */
export function fieldOf(code) {
  return code === null ? null : (FIELDS[code] ?? null);
}

/** @type {Partial<Record<FormError, string>>} */
const FIELDS = {
  'wrong-passphrase': 'passphrase',
  'passphrase-too-short': 'passphrase',
  'passphrase-differs': 'passphrase-again',
  'passphrase-needed': 'passphrase',
  'invitation-missing': 'invitation',
  'invitation-several': 'invitation',
  'invitation-mangled': 'invitation',
  'invitation-broken': 'invitation',
  'invitation-cut': 'invitation',
  'code-length': 'invitation',
  'code-symbol': 'invitation',
  'code-typo': 'invitation',
  'code-version': 'invitation',
  'word-unknown': 'invitation',
  'word-count': 'invitation',
  'address-missing': 'address',
  'address-invalid': 'address',
  'nick-invalid': 'nick',
  'title-too-long': 'title',
  'note-too-long': 'note',
};
