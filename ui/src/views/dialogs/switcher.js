// The quick switcher: rooms and actions, found by typing.

import { isOfInputMethod } from '../../composition.js';
import { isOutside, isOver, mayInvite, mayMove } from '../../phase.js';
import { findRoom } from '../../state/screen.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { renderRoomMark } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';
import { formatTitle } from '../parts/title.js';

/**
 * @import { RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 * @typedef {{ label: string, mark: unknown, go: () => unknown }} Entry
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderSwitcher(state, app) {
  const { t, actions } = app;
  const { values } = state.dialog.form;
  const query = values['query'] ?? '';
  const entries = findEntries(state, app, query);
  const chosen = Math.min(Number(values['chosen'] ?? 0), Math.max(0, entries.length - 1));
  const run = (/** @type {Entry | undefined} */ entry) => {
    if (entry === undefined) return;
    actions.closeDialog();
    void entry.go();
  };
  return html`<h2 id="dialog-title" class="visually-hidden">${t('switcher-title')}</h2>
    <div class="switcher__search">${renderIcon('search')}${renderQuery(app, query, entries, chosen, run)}</div>
    <ul class="switcher__list" role="listbox" id="switcher-list" aria-label=${t('switcher-title')}>
      ${entries.map((entry, index) => renderEntry(entry, index, index === chosen, run))}
    </ul>
    ${entries.length === 0 ? html`<p class="muted switcher__none" role="status">${t('switcher-none')}</p>` : nothing}`;
}

/**
 * @param {App} app
 * @param {string} query
 * @param {Entry[]} entries
 * @param {number} chosen
 * @param {(entry: Entry | undefined) => void} run
 */
function renderQuery({ t, actions }, query, entries, chosen, run) {
  const choose = (/** @type {number} */ index) =>
    actions.fillDialog('chosen', String((index + entries.length) % Math.max(1, entries.length)));
  const onInput = (/** @type {InputEvent} */ { target }) => {
    actions.fillDialog('query', /** @type {HTMLInputElement} */ (target).value);
    actions.fillDialog('chosen', '0');
  };
  const onKeydown = (/** @type {KeyboardEvent} */ event) => {
    if (isOfInputMethod(event)) return;
    if (event.key === 'ArrowDown') choose(chosen + 1);
    else if (event.key === 'ArrowUp') choose(chosen - 1);
    else if (event.key === 'Enter') run(entries[chosen]);
    else return;
    event.preventDefault();
  };
  return html`<input
    role="combobox"
    aria-expanded="true"
    aria-controls="switcher-list"
    aria-activedescendant=${entries.length > 0 ? `switcher-${chosen}` : nothing}
    aria-label=${t('switcher-title')}
    autocomplete="off"
    spellcheck="false"
    placeholder=${t('switcher-placeholder')}
    data-autofocus
    .value=${live(query)}
    @input=${onInput}
    @keydown=${onKeydown}
    data-test="switcher-query"
  >`;
}

/**
 * @param {Entry} entry
 * @param {number} index
 * @param {boolean} chosen
 * @param {(entry: Entry) => void} run
 */
function renderEntry(entry, index, chosen, run) {
  return html`<li
    class="switcher__entry"
    role="option"
    id="switcher-${index}"
    aria-selected=${chosen ? 'true' : 'false'}
    data-test="switcher-entry"
    @click=${() => run(entry)}
  >${entry.mark}<bdi>${entry.label}</bdi></li>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {string} query
 * @returns {Entry[]}
 */
function findEntries(state, app, query) {
  const { rooms } = state;
  const wanted = fold(query.trim());
  const { actions } = app;
  const all = [
    ...rooms.map((room) => ({
      label: formatTitle(app, room),
      mark: renderRoomMark(room.room, room.title),
      go: () => actions.openRoom(room.room),
    })),
    ...listRoomActions(state, app),
    ...listActions(app),
  ];
  return all.filter((entry) => fold(entry.label).includes(wanted));
}

/**
 * What is compared: neither case nor the way in which an accent was typed (Unicode normalisation) makes a difference.
 * @param {string} text
 */
function fold(text) {
  return text.toLocaleLowerCase().normalize('NFC');
}

/**
 * @param {IconName} sign
 * @param {string} label
 * @param {() => unknown} go
 * @returns {Entry}
 */
function makeAction(sign, label, go) {
  return { label, mark: html`<span class="switcher__sign">${renderIcon(sign)}</span>`, go };
}

/**
 * What can be done in the room on the screen.
 * @param {State} state
 * @param {App} app
 * @returns {Entry[]}
 */
function listRoomActions({ screen, rooms, room: open, drawer, knocks }, app) {
  const { t, actions } = app;
  const here = findRoom(screen);
  const summary = rooms.find(({ room }) => room === here);
  if (summary === undefined) return [];
  const { room } = summary;
  if (summary.ended !== null) return [makeAction('x', t('ended-dismiss'), () => actions.dismiss(room))];
  const ask = (/** @type {'verify' | 'leave' | 'closeRoom' | 'remove' | 'giveUp'} */ name) => () =>
    actions.openDialog({ name, room });
  if (isOutside(summary)) return [makeAction('log-out', t('give-up'), ask('giveUp'))];
  const showPeople = () => drawer === 'people' || actions.toggleDrawer('people');
  const isIn = !isOver(summary);
  const isInside = screen.name === 'room';
  return [
    ...(mayInvite(summary) && isInside ? [makeAction('user-plus', t('invite'), () => actions.invite(room))] : []),
    ...(isInside && (knocks.waiting[room] ?? []).length > 0 ? [makeAction('hand-fist', t('knocks'), showPeople)] : []),
    ...(isInside ? [makeAction('users', t('open-people'), showPeople)] : []),
    ...(open?.view?.verification ? [makeAction('shield-check', t('check-title'), ask('verify'))] : []),
    ...(isIn && open?.view?.owner ? listOwnerActions(summary, open.view, app, ask('closeRoom')) : []),
    ...(isIn ? [makeAction('log-out', t('leave'), ask('leave'))] : []),
    makeAction('trash-2', t('remove'), ask('remove')),
  ];
}

/**
 * What only the owner can do.
 * @param {RoomSummary} summary
 * @param {RoomView} view
 * @param {App} app
 * @param {() => void} close
 * @returns {Entry[]}
 */
function listOwnerActions(summary, { lockedForGood }, { t, actions }, close) {
  const { room, phase } = summary;
  const lock = makeAction('lock', t('lock-room'), () => actions.lockRoom(room));
  const unlock = makeAction('lock-open', t('unlock-room'), () => actions.unlockRoom(room));
  const door = phase !== 'locked' ? [lock] : lockedForGood ? [] : [unlock];
  const change = makeAction('pencil-line', t('change-room'), () => actions.openChange(room));
  const move = mayMove(summary) ? [makeAction('signpost', t('move-room'), () => actions.openMove(room))] : [];
  return [...door, change, ...move, makeAction('door-closed', t('close-room'), close)];
}

/**
 * @param {App} app
 * @returns {Entry[]}
 */
function listActions({ t, actions }) {
  return [
    makeAction('house', t('home'), actions.goHome),
    makeAction('house', t('home-host'), actions.openHost),
    makeAction('radio-tower', t('home-create'), actions.openCreate),
    makeAction('key-round', t('home-join'), actions.openJoin),
    makeAction('settings', t('settings'), actions.openSettings),
    makeAction('lock', t('lock-now'), actions.lock),
  ];
}
