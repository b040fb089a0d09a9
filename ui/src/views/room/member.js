// One of the people in a room, and whether they are there.

import { formatDuration } from '../../format.js';
import { isOver } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderGlyph } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { Person, RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/** From so many seconds on it is said for how long somebody has been away. */
export const NOTED = 2 * 3600;

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView} view
 * @param {Person} person
 */
export function renderMember(state, app, summary, view, person) {
  const { t } = app;
  const { nick, own, owner, ambiguous } = person;
  // Whether this app is there is what its connection says.
  const isCutOff = own && (isOver(summary) || summary.connection.kind !== 'online');
  const presence = isCutOff ? describeCut(app, summary) : describePresence(state, app, view, person);
  return html`<div
    class=${ambiguous ? 'member member--ambiguous' : 'member'}
    data-test="member"
    data-own=${own ? 'yes' : 'no'}
    .style=${`--hue: ${person.hue}`}
  >
    ${renderGlyph(person)}
    <div class="member__text">
      <span class="member__nick"><bdi>${own ? t('you-as', { nick }) : nick}</bdi></span>
      ${presence === null && !owner ? nothing : html`<span class="member__facts">
        ${presence === null ? nothing : renderPresence(person.presence === 'here' && !isCutOff, presence)}
        ${owner ? html`<span class="member__owner">${renderIcon('crown')}${t('owner')}</span>` : nothing}
      </span>`}
      ${ambiguous ? renderWarning(app) : nothing}
    </div>
    ${view.owner && !own && !isOver(summary) ? renderRemove(app, summary, person) : nothing}
  </div>`;
}

/**
 * @param {boolean} isHere
 * @param {string} presence
 */
function renderPresence(isHere, presence) {
  return html`<span class="member__presence" data-test="presence"
    ><span class="dot dot--${isHere ? 'good' : 'off'}"></span>${presence}</span>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {Person} person
 */
function renderRemove({ t, actions }, { room }, { member, nick }) {
  const label = t('remove-member', { nick });
  return html`<button
    class="icon-button member__remove"
    aria-label=${label}
    title=${label}
    data-test="remove-member"
    @click=${() => actions.openDialog({ name: 'removeMember', room, member, nick })}
  >${renderIcon('user-minus')}</button>`;
}

/** @param {App} app */
function renderWarning({ t }) {
  return html`<p class="member__warning" data-test="ambiguous"
    >${renderIcon('triangle-alert')}${t('ambiguous-hint')}</p>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function describeCut({ t }, summary) {
  return isOver(summary) ? t('away') : t(`connection-${summary.connection.kind}`);
}

/**
 * Null where nothing is known: the rules hide it, or this app has only just come.
 * @param {State} state
 * @param {App} app
 * @param {RoomView} view
 * @param {Person} person
 */
function describePresence(state, app, view, person) {
  const { t } = app;
  const away = countSecondsAway(state, view, person);
  if (person.presence === 'unknown') return null;
  if (person.presence === 'here') return t('here');
  if (away < NOTED) return t('away');
  return t(person.heardIn === null ? 'away-longer' : 'away-for', { time: formatDuration(app, away) });
}

/**
 * For how long somebody has been away, as far as this computer knows, or for how long at least; the hour that was kept
 * is rounded down.
 * @param {State} state
 * @param {RoomView} view
 * @param {Person} person
 */
export function countSecondsAway({ now }, { heardSince }, { presence, heardIn }) {
  return presence !== 'away' ? 0 : Math.max(0, now - (heardIn ?? heardSince));
}
