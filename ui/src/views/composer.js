// Writing. The draft of each room is kept while the app is open and unlocked, in memory only.

import { byteLength } from '../format.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { live } from '../vendor/lit-html/directives/live.js';
import { bytesLeft, icon, titleOf } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { RoomPhase, RoomSummary } from '../../generated/api.js'
 * @import { State } from '../state/slices.js'
 */

/** A message has at most 8 KiB (protocol 4.17). */
const MAX_BYTES = 8192;

/** Where nothing can be written any more, or not yet. @type {ReadonlySet<RoomPhase>} */
const SILENT = new Set(['joining', 'leaving', 'gone', 'damaged', 'unreadable']);

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 */
export function composerView(state, app, room) {
  const { t, actions } = app;
  const draft = state.drafts[room.room] ?? '';
  if (SILENT.has(room.phase) && draft === '') return html`<footer class="composer composer--silent" data-test="composer-silent"><p class="muted">${t('composer-silent')}</p></footer>`;

  const silent = SILENT.has(room.phase);
  const tooLong = byteLength(draft) > MAX_BYTES;
  const sendable = draft.trim() !== '' && !tooLong && !silent;
  const onInput = (/** @type {InputEvent} */ event) => actions.changeDraft(room.room, /** @type {HTMLTextAreaElement} */ (event.target).value);
  const onKeydown = (/** @type {KeyboardEvent} */ event) => {
    // 229 is what WebKit reports for the Enter that ends a composition, after isComposing went back to false.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (sendable) void actions.send(room.room);
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (sendable) void actions.send(room.room);
  };
  return html`<form class="composer" data-pane @submit=${submit}>
    <div class=${tooLong ? 'composer__box composer__box--over' : 'composer__box'}>
      <div class="composer__grow" data-text="${draft} ">
        <textarea id="composer" rows="1" data-pane-start data-autofocus aria-label=${t('composer-label', { room: titleOf(app, room) })} placeholder=${t('composer-placeholder', { room: titleOf(app, room) })}
          .value=${live(draft)} @input=${onInput} @keydown=${onKeydown} aria-invalid=${tooLong ? 'true' : 'false'} aria-describedby="composer-hint" dir="auto" data-test="composer"></textarea>
      </div>
      <button class="button button--primary composer__send" type="submit" ?disabled=${!sendable} data-test="send">${icon('send-horizontal')}<span class="hide-narrow">${t('send')}</span><span class="visually-hidden only-narrow">${t('send')}</span></button>
    </div>
    <div class="composer__foot">
      <p class="fine" id="composer-hint">${silent ? t('composer-silent') : tooLong ? t('error-message-too-long') : t('composer-hint')}</p>
      ${draft === '' ? nothing : bytesLeft(app, draft, MAX_BYTES)}
    </div>
  </form>`;
}
