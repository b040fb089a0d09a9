// Writing. The draft of each room is kept while the app is open and unlocked, in memory only.

import { ALWAYS } from '../../choices.js';
import { isOfInputMethod } from '../../composition.js';
import { countBytes, formatDuration } from '../../format.js';
import { isSilent } from '../../phase.js';
import { findSeal } from '../../state/sealing.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { renderBytesLeft } from '../parts/bytes_left.js';
import { submitWith } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { formatTitle } from '../parts/title.js';
import { renderSealButton, renderSealing } from './sealing.js';
import { renderTyping } from './typing.js';

/**
 * @import { RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Seal } from '../../state/sealing.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * A message has at most 8 KiB (protocol 4.17). Of a longer draft no more is laid out for the height of its field: so
 * much fills the highest one anyway, and a text of a megabyte would hold each key up for seconds.
 */
const MAX_BYTES = 8192;

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} room
 */
export function renderComposer(state, app, room) {
  const { t, actions } = app;
  const draft = state.drafts[room.room] ?? '';
  const silent = isSilent(room);
  if (silent && draft === '') return renderSilence(app, room);

  const tooLong = countBytes(draft) > MAX_BYTES;
  const sendable = draft.trim() !== '' && !tooLong && !silent;
  const send = () => {
    if (sendable) void actions.send(room.room);
  };
  const always = state.room?.view?.rules.everythingViewOnce === true;
  const seal = findSeal(state.sealing, room.room);
  const next = describeNext(app, seal, always);
  return html`<form class="composer" data-pane @submit=${submitWith(send)}>
    ${renderTyping(state, app, room.room)}
    ${state.sealing.open ? renderSealing(app, seal, room, always) : nothing}
    <div class=${tooLong ? 'composer__box composer__box--over' : 'composer__box'}>
      <div class=${draft.length > MAX_BYTES ? 'composer__grow composer__grow--long' : 'composer__grow'}
        data-text="${draft.slice(0, MAX_BYTES)} ">
        ${renderDraft(app, room, draft, tooLong, send)}
      </div>
      ${renderSealButton(app, state.sealing.open, seal, always)}
      ${renderSend(app, sendable)}
    </div>
    <div class="composer__foot">
      <p class="fine" id="composer-hint"
        >${silent ? describeSilence(app, room) : tooLong ? t('error-message-too-long') : next}</p>
      ${draft === '' ? nothing : renderBytesLeft(app, draft, MAX_BYTES)}
    </div>
  </form>`;
}

/**
 * How the next message goes out.
 * @param {App} app
 * @param {Seal} seal
 * @param {boolean} always
 */
function describeNext(app, { seconds, fuse }, always) {
  const { t } = app;
  const sealed = seconds ?? (always ? ALWAYS : null);
  if (sealed !== null) return t('composer-sealed', { seconds: sealed });
  return fuse === null ? t('composer-hint') : t('composer-fuse', { time: formatDuration(app, fuse) });
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 */
function renderSilence(app, room) {
  return html`<footer class="composer composer--silent" data-test="composer-silent"
    ><p class="muted">${describeSilence(app, room)}</p></footer>`;
}

/**
 * Why nothing can be written.
 * @param {App} app
 * @param {RoomSummary} room
 */
function describeSilence({ t }, { phase }) {
  if (phase === 'erasing') return t('composer-erasing');
  return phase === 'closing' ? t('composer-closing') : t('composer-silent');
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {string} draft
 * @param {boolean} tooLong
 * @param {() => void} send
 */
function renderDraft(app, room, draft, tooLong, send) {
  const { t, actions } = app;
  const title = formatTitle(app, room);
  const onInput = (/** @type {InputEvent} */ { target }) => {
    actions.changeDraft(room.room, /** @type {HTMLTextAreaElement} */ (target).value);
    actions.tellTyping(room.room);
  };
  const onKeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.shiftKey || isOfInputMethod(event)) return;
    event.preventDefault();
    send();
  };
  return html`<textarea
    id="composer"
    rows="1"
    data-pane-start
    data-autofocus
    aria-label=${t('composer-label', { room: title })}
    placeholder=${t('composer-placeholder', { room: title })}
    .value=${live(draft)}
    @input=${onInput}
    @keydown=${onKeydown}
    @blur=${actions.stopTyping}
    aria-invalid=${tooLong ? 'true' : 'false'}
    aria-describedby="composer-hint"
    dir="auto"
    data-test="composer"
  ></textarea>`;
}

/**
 * @param {App} app
 * @param {boolean} sendable
 */
function renderSend({ t }, sendable) {
  return html`<button
    class="button button--primary composer__send"
    type="submit"
    ?disabled=${!sendable}
    data-test="send"
  >${renderIcon('send-horizontal')}<span class="hide-narrow">${t('send')}</span
  ><span class="visually-hidden only-narrow">${t('send')}</span></button>`;
}
