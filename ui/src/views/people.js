// Who is in the room, how to know that nobody is in between, and what one can do about the room.

import { duration } from '../format.js';
import { glyph } from '../glyph.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { hasFile, icon, isOver, rulesList } from './parts.js';
import { otherWordsHint } from './reorganised.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Person, RoomSummary, RoomView, Verification } from '../../generated/api.js'
 * @import { OpenRoom } from '../state/room.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {OpenRoom} open
 */
export function peopleView(state, app, summary, { view, error }) {
  const { t, actions } = app;
  return html`<aside class=${state.drawer === 'people' ? 'people people--open' : 'people'} aria-label=${t('people')} tabindex="-1" data-pane data-drawer="people" data-test="people">
    <button class="icon-button people__close not-wide" aria-label=${t('close')} data-test="close-people" @click=${() => actions.toggleDrawer('people')}>${icon('x')}</button>
    <div class="people__scroll" tabindex="0" role="group" aria-label=${t('people')}>
    ${view === null
      ? error !== null || !hasFile(summary.phase) ? nothing : html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${t('room-loading')}</p>`
      : html`${check(app, summary, view.verification)}
          <section>
            <h2 class="overline">${t('people-count', { count: view.people.length })}</h2>
            ${view.people.length < view.rules.maxMembers ? nothing : full(state, app, view)}
            <ul class="members" data-test="members">${repeat(view.people, (person) => person.member, (person) => html`<li>${member(state, app, view, person)}</li>`)}</ul>
          </section>
          ${view.note === '' ? nothing : html`<section><h2 class="overline">${t('room-note')}</h2><p class="note selectable" dir="auto" data-test="note">${view.note}</p></section>`}
          <details class="fold">
            <summary class="overline">${t('rules')}</summary>
            ${rulesList(app, view.rules)}
          </details>`}
    </div>
    <div class="people__actions">
      ${summary.hosting === null ? nothing : hostingCard(app, summary, summary.hosting)}
      ${isOver(summary) ? nothing : html`<button class="button button--quiet" data-test="leave" @click=${() => actions.openDialog({ name: 'leave', room: summary.room })}>${icon('log-out')}${t('leave')}</button>`}
      <button class="button button--quiet button--quiet-danger" data-test="remove" @click=${() => actions.openDialog({ name: 'remove', room: summary.room })}>${icon('trash-2')}${t('remove')}</button>
    </div>
  </aside>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Verification | null} verification
 */
function check(app, room, verification) {
  const { t, actions } = app;
  return html`<section>
    <h2 class="overline">${t('check-title')}</h2>
    ${verification === null
      ? html`<p class="muted" data-test="no-verification">${t('check-none')}</p>`
      : html`<button class="words words--card" data-test="verify" title=${t('check-open')} @click=${() => actions.openDialog({ name: 'verify', room: room.room })}>
            ${verification.words.map((word) => html`<span>${word} </span>`)}
          </button>
          <p class="fine" data-test="check-hint">${otherWordsHint(app, room, verification.words) ?? t('check-hint')}</p>`}
  </section>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomView} view Who has been away longest is the last of the people.
 */
function full(state, { t }, view) {
  const last = view.people.at(-1);
  const hint = last === undefined || secondsAway(state, view, last) < NOTED ? t('room-full-hint') : t('room-full-longest', { nick: last.nick });
  return html`<div class="notice notice--warn" role="status" data-test="room-full">${icon('users')}<p><b>${t('room-full')}</b><br>${hint}</p></div>`;
}

/**
 * For how long somebody has been away, as far as this computer knows, or for how long at least; the hour that was kept is rounded
 * down.
 * @param {State} state
 * @param {RoomView} view
 * @param {Person} person
 */
function secondsAway({ now }, { heardSince }, { presence, heardIn }) {
  return presence === 'here' ? 0 : Math.max(0, now - (heardIn ?? heardSince));
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomView} view
 * @param {Person} person
 */
function presenceOf(state, app, view, person) {
  const { t } = app;
  const away = secondsAway(state, view, person);
  if (person.presence === 'here') return t('here');
  if (away < NOTED) return t('away');
  return t(person.heardIn === null ? 'away-longer' : 'away-for', { time: duration(app, away) });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomView} view
 * @param {Person} person
 */
function member(state, app, view, person) {
  const { t } = app;
  const here = person.presence === 'here';
  return html`<div class=${person.ambiguous ? 'member member--ambiguous' : 'member'} data-test="member" data-own=${person.own ? 'yes' : 'no'} .style=${`--hue: ${person.hue}`}>
    ${glyph(person)}
    <div class="member__text">
      <span class="member__nick"><bdi>${person.own ? t('you-as', { nick: person.nick }) : person.nick}</bdi></span>
      <span class="member__facts">
        <span class="member__presence"><span class="dot dot--${here ? 'good' : 'off'}"></span>${presenceOf(state, app, view, person)}</span>
        ${person.owner ? html`<span class="member__owner">${icon('crown')}${t('owner')}</span>` : nothing}
      </span>
      ${person.ambiguous ? html`<p class="member__warning" data-test="ambiguous">${icon('triangle-alert')}${t('ambiguous-hint')}</p>` : nothing}
    </div>
  </div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {NonNullable<RoomSummary['hosting']>} hosting
 */
function hostingCard({ t, actions }, room, hosting) {
  const running = hosting.state === 'running' || hosting.state === 'starting';
  return html`<div class="hosting-card" data-test="hosting-card" data-state=${hosting.state}>
    <span class="dot dot--${running ? 'good' : 'bad'}"></span>
    <div><b>${t(`hosting-short-${hosting.state}`)}</b><p class="fine">${running ? t('hosting-count', { count: hosting.connected }) : t('hosting-not-serving')}</p>
      ${running && hosting.onlyHere ? html`<p class="fine">${t('hosting-only-here')}</p>` : nothing}</div>
    ${running
      ? html`<button class="button button--small" data-test="stop-hosting" @click=${() => actions.openDialog({ name: 'stopHosting', room: room.room })}>${t('hosting-stop-short')}</button>`
      : html`<button class="button button--small" data-test="start-hosting" @click=${() => actions.startHosting(room.room)}>${t('hosting-start-short')}</button>`}
  </div>`;
}

/** From so many seconds on it is said for how long somebody has been away. */
const NOTED = 2 * 3600;
