// Who is in the room, how to know that nobody is in between, and what one can do about the room.

import { findQuestion, hasFile, isEntering, isNotIn, isOver, isSilent, mayErase, mayMove } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { renderIcon } from '../parts/icon.js';
import { renderRules } from '../parts/rules.js';
import { renderLoading } from '../parts/spinner.js';
import { renderDoor } from './door.js';
import { renderEraseRoom } from './erase_room.js';
import { renderHostingCard } from './hosting_card.js';
import { renderKnocks } from './knocks.js';
import { countSecondsAway, NOTED, renderMember } from './member.js';
import { renderWaiting } from './waiting.js';

/**
 * @import { RoomSummary, RoomView, Verification } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { OpenRoom } from '../../state/room.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {OpenRoom} open
 */
export function renderPeople(state, app, summary, { view, error }) {
  const { t, actions } = app;
  return html`<aside
    class=${state.drawer === 'people' ? 'people people--open' : 'people'}
    aria-label=${t('people')}
    tabindex="-1"
    data-pane
    data-drawer="people"
    data-test="people"
  >
    <button
      class="icon-button people__close not-wide"
      aria-label=${t('close')}
      data-test="close-people"
      @click=${() => actions.toggleDrawer('people')}
    >${renderIcon('x')}</button>
    <div class="people__scroll" tabindex="0" role="group" aria-label=${t('people')}>
    ${view !== null
      ? renderView(state, app, summary, view)
      : error === null && hasFile(summary.phase)
        ? renderLoading(t('room-loading'))
        : nothing}
    </div>
    <div class="people__actions">
      ${summary.hosting === null ? nothing : renderHostingCard(app, summary, summary.hosting)}
      ${isOver(summary) || isNotIn(summary) ? nothing : renderLeave(app, summary)}
      ${view?.owner && mayMove(summary) ? renderMove(app, summary) : nothing}
      ${view?.owner && !isOver(summary) ? renderClose(app, summary) : nothing}
      ${renderRemove(app, summary)}
      ${mayErase(summary, view) ? renderEraseRoom(state, app, summary) : nothing}
    </div>
  </aside>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
function renderView(state, app, summary, view) {
  const { t } = app;
  const { people, rules } = view;
  // Of a room that is not entered yet only the title is known.
  const hasRules = rules.maxMembers > 0;
  const outside = isEntering(summary);
  const isFull = hasRules && !outside && people.length >= rules.maxMembers;
  const members = repeat(
    people,
    (person) => person.member,
    (person) => html`<li>${renderMember(state, app, summary, view, person)}</li>`,
  );
  return html`${renderKnocks(state, app, summary, view)}
          ${outside && view.verification === null ? nothing : renderCheck(app, summary, view.verification)}
          <section class="people__list">
            <h2 class="overline">${outside ? t('names-outside') : t('people-count', { count: people.length })}</h2>
            ${outside ? html`<p class="muted" data-test="people-outside">${t('people-outside')}</p>` : nothing}
            ${isFull ? renderFull(state, app, view) : nothing}
            ${outside ? nothing : html`<ul class="members" data-test="members">${members}</ul>`}
          </section>
          ${renderDoor(app, summary, view)}
          ${renderWaiting(app, view)}
          ${view.note === '' ? nothing : renderNote(app, view.note)}
          ${hasRules ? renderFold(app, summary, view) : nothing}
          ${hasRules && view.owner && !isSilent(summary) ? renderChange(app, summary) : nothing}`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
function renderFold(app, { phase }, { rules, takesKnocks }) {
  const door = phase !== 'locked' ? 'open' : takesKnocks ? 'knocks' : 'locked';
  return html`<details class="fold">
            <summary class="overline" data-test="rules-fold">${app.t('rules')}</summary>
            ${renderRules(app, rules, door)}
          </details>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderChange({ t, actions }, { room }) {
  return html`<div class="people__change"><button
    class="button button--small"
    data-test="change-room"
    @click=${() => actions.openChange(room)}
  >${renderIcon('pencil-line')}${t('change-room')}</button></div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Verification | null} verification
 */
function renderCheck(app, summary, verification) {
  const { t } = app;
  return html`<section>
    <h2 class="overline">${t('check-title')}</h2>
    ${verification === null
      ? html`<p class="muted" data-test="no-verification">${t('check-none')}</p>`
      : renderWords(app, summary, verification.words)}
  </section>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {string[]} words
 */
function renderWords({ t, actions }, summary, words) {
  const open = () => actions.openDialog({ name: 'verify', room: summary.room });
  const hint = asksForOtherWords(summary, words) ? t('check-hint-reorganised') : t('check-hint');
  return html`<button class="words words--card" data-test="verify" title=${t('check-open')} @click=${open}>
            ${words.map((word) => html`<span>${word} </span>`)}
          </button>
          <p class="fine" data-test="check-hint">${hint}</p>`;
}

/**
 * While the room asks, two sets of words are in sight. Those beside the people are of the room as it is known here.
 * @param {RoomSummary} summary
 * @param {string[]} words
 */
function asksForOtherWords(summary, words) {
  const question = findQuestion(summary);
  return question !== null && question.words.join(' ') !== words.join(' ');
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomView} view Who has been away longest is the last of the people.
 */
function renderFull(state, { t }, view) {
  const last = view.people.at(-1);
  const isNoted = last !== undefined && countSecondsAway(state, view, last) >= NOTED;
  const hint = isNoted ? t('room-full-longest', { nick: last.nick }) : t('room-full-hint');
  return html`<div class="notice notice--warn" role="status" data-test="room-full"
    >${renderIcon('users')}<p><b>${t('room-full')}</b><br>${hint}</p></div>`;
}

/**
 * @param {App} app
 * @param {string} note
 */
function renderNote({ t }, note) {
  return html`<section><h2 class="overline">${t('room-note')}</h2
    ><p class="note selectable" dir="auto" data-test="note">${note}</p></section>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderLeave({ t, actions }, { room }) {
  const ask = () => actions.openDialog({ name: 'leave', room });
  return html`<button class="button button--quiet" data-test="leave" @click=${ask}
    >${renderIcon('log-out')}${t('leave')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderMove({ t, actions }, { room }) {
  return html`<button class="button button--quiet" data-test="move-room" @click=${() => actions.openMove(room)}
    >${renderIcon('signpost')}${t('move-room')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderClose({ t, actions }, { room }) {
  const ask = () => actions.openDialog({ name: 'closeRoom', room });
  return html`<button class="button button--quiet button--quiet-danger" data-test="close-room" @click=${ask}
    >${renderIcon('door-closed')}${t('close-room')}</button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderRemove({ t, actions }, { room, phase }) {
  const ask = () => actions.openDialog({ name: 'remove', room });
  return html`<button class="button button--quiet button--quiet-danger" data-test="remove" @click=${ask}
    >${renderIcon('trash-2')}${phase === 'closing' || phase === 'erasing' ? t('remove-only') : t('remove')}</button>`;
}
