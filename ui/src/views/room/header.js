// What a room is called, who is in it, and whether it is connected.

import { isEntering, isOver, mayInvite } from '../../phase.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderConnection } from '../parts/connection.js';
import { renderIcon } from '../parts/icon.js';
import { formatList } from '../parts/list.js';
import { renderRoomsButton } from '../parts/rooms_button.js';
import { formatTitle } from '../parts/title.js';

/**
 * @import { RoomSummary, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Drawer } from '../../state/drawer.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view
 */
export function renderHeader(state, app, summary, view) {
  const { t } = app;
  const { drawer, knocks } = state;
  const memory = html`<span class="chip hide-narrow" title=${t('in-memory-hint')}
    >${renderIcon('memory-stick')}${t('in-memory-chip')}</span>`;
  return html`<header class="room__head" data-pane>
    ${renderRoomsButton(state, app, 'only-narrow')}
    <div class="room__title">
      <h1 tabindex="-1" dir="auto" data-test="room-title">${formatTitle(app, summary)}</h1>
      <p class="room__names">${describePeople(app, summary, view)}</p>
    </div>
    ${summary.inMemory ? memory : nothing}
    ${renderPhase(app, summary)}
    ${renderKnocksButton(app, drawer, (knocks.waiting[summary.room] ?? []).length)}
    ${isOver(summary) ? nothing : renderConnected(app, summary)}
    ${renderPeopleButton(app, drawer)}
  </header>`;
}

/**
 * Where the room is in its life, if that changes what can be done there for long.
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderPhase({ t }, { phase }) {
  if (phase !== 'locked' && phase !== 'closing' && phase !== 'erasing') return nothing;
  const [sign, said] = phase === 'locked' ? ['lock', t('locked-chip')] : ['hourglass', t(`phase-short-${phase}`)];
  return html`<span
    class=${phase === 'locked' ? 'chip' : 'chip chip--warn'}
    data-test="phase"
    data-state=${phase}
    title=${said}
  >${renderIcon(/** @type {IconName} */ (sign))}<span class="hide-narrow">${said}</span
  ><span class="visually-hidden only-narrow">${said}</span></span>`;
}

/**
 * Leads to who knocks, beside the people.
 * @param {App} app
 * @param {Drawer} drawer
 * @param {number} count
 */
function renderKnocksButton({ t, actions }, drawer, count) {
  if (count === 0) return nothing;
  const show = () => {
    if (drawer !== 'people') actions.toggleDrawer('people');
    // In a narrow window it comes with the drawer, which leads there.
    document.getElementById('knocks-title')?.focus();
  };
  const said = t('knocks-short', { count });
  return html`<button class="button button--small knocks-button" data-test="show-knocks" @click=${show}
    >${renderIcon('hand-fist')}<span class="hide-narrow">${said}</span
    ><span class="only-narrow" aria-hidden="true">${count}</span
    ><span class="visually-hidden only-narrow">${said}</span></button>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderConnected(app, summary) {
  return html`${renderConnection(app, summary)}${mayInvite(summary) ? renderInvite(app, summary) : nothing}`;
}

/**
 * @param {App} app
 * @param {RoomSummary} summary
 */
function renderInvite({ t, actions }, { room }) {
  return html`<button class="button button--small" data-test="invite" @click=${() => actions.invite(room)}
      >${renderIcon('user-plus')}<span class="hide-narrow">${t('invite')}</span
      ><span class="visually-hidden only-narrow">${t('invite')}</span></button>`;
}

/**
 * @param {App} app
 * @param {Drawer} drawer
 */
function renderPeopleButton({ t, actions }, drawer) {
  return html`<button
    class="icon-button not-wide"
    aria-label=${t('open-people')}
    title=${t('open-people')}
    aria-expanded=${drawer === 'people' ? 'true' : 'false'}
    data-opens="people"
    data-test="open-people"
    @click=${() => actions.toggleDrawer('people')}
  >${renderIcon('users')}</button>`;
}

/**
 * Who is in it, from inside.
 * @param {App} app
 * @param {RoomSummary} summary
 * @param {RoomView | null} view
 */
function describePeople(app, summary, view) {
  if (isEntering(summary)) return app.t('names-outside');
  return view === null ? nothing : listNames(app, view);
}

/**
 * @param {App} app
 * @param {RoomView} view
 */
function listNames(app, view) {
  const { t } = app;
  const others = view.people.filter((person) => !person.own).map((person) => person.nick);
  if (others.length === 0) return t('names-alone');
  const shown = others.slice(0, 4);
  const rest = others.length - shown.length;
  const list = [...shown, rest > 0 ? t('names-more', { count: rest }) : t('names-you')];
  return formatList(app, list);
}
