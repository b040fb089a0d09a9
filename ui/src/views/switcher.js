// The quick switcher: rooms and actions, found by typing.

import { roomMark } from '../glyph.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { live } from '../vendor/lit-html/directives/live.js';
import { icon, titleOf } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 * @typedef {{ id: string, label: string, mark: unknown, go: () => unknown }} Entry
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function switcherView(state, app) {
  const { t, actions } = app;
  const { values } = state.dialog.form;
  const query = values['query'] ?? '';
  const entries = found(state, app, query);
  const chosen = Math.min(Number(values['chosen'] ?? 0), Math.max(0, entries.length - 1));
  const choose = (/** @type {number} */ index) => actions.fillDialog('chosen', String((index + entries.length) % Math.max(1, entries.length)));
  const run = (/** @type {Entry | undefined} */ entry) => {
    if (entry === undefined) return;
    actions.closeDialog();
    void entry.go();
  };
  const onInput = (/** @type {InputEvent} */ event) => {
    actions.fillDialog('query', /** @type {HTMLInputElement} */ (event.target).value);
    actions.fillDialog('chosen', '0');
  };
  const onKeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter') run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return html`<h2 id="dialog-title" class="visually-hidden">${t('switcher-title')}</h2>
    <div class="switcher__search">${icon('search')}<input role="combobox" aria-expanded="true" aria-controls="switcher-list" aria-activedescendant=${entries.length > 0 ? `switcher-${chosen}` : nothing} aria-label=${t('switcher-title')}
      autocomplete="off" spellcheck="false" placeholder=${t('switcher-placeholder')} data-autofocus .value=${live(query)} @input=${onInput} @keydown=${onKeydown} data-test="switcher-query"></div>
    <ul class="switcher__list" role="listbox" id="switcher-list" aria-label=${t('switcher-title')}>
      ${entries.map(
        (entry, index) => html`<li class="switcher__entry" role="option" id="switcher-${index}" aria-selected=${index === chosen ? 'true' : 'false'} data-test="switcher-entry" @click=${() => run(entry)}>${entry.mark}<bdi>${entry.label}</bdi></li>`,
      )}
    </ul>
    ${entries.length === 0 ? html`<p class="muted switcher__none" role="status">${t('switcher-none')}</p>` : nothing}`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {string} query
 * @returns {Entry[]}
 */
function found(state, app, query) {
  const { t, actions } = app;
  const action = (/** @type {string} */ id, /** @type {Parameters<typeof icon>[0]} */ sign, /** @type {string} */ label, /** @type {() => unknown} */ go) => ({ id, label, mark: html`<span class="switcher__sign">${icon(sign)}</span>`, go });
  /** @type {Entry[]} */
  const all = [
    ...state.rooms.map((room) => ({ id: room.room, label: titleOf(app, room), mark: roomMark(room.room, room.title), go: () => actions.openRoom(room.room) })),
    action('home', 'house', t('home'), actions.goHome),
    action('host', 'house', t('home-host'), actions.openHost),
    action('create', 'radio-tower', t('home-create'), actions.openCreate),
    action('join', 'key-round', t('home-join'), () => actions.openJoin()),
    action('settings', 'settings', t('settings'), actions.openSettings),
    action('lock', 'lock', t('lock-now'), actions.lock),
  ];
  const wanted = query.trim().toLocaleLowerCase();
  return all.filter((entry) => entry.label.toLocaleLowerCase().includes(wanted));
}
