// Home: three ways into a room and one box for every invitation.

import { isInMemory } from '../../state/vault.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { live } from '../../vendor/lit-html/directives/live.js';
import { submitWith } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { renderRoomsButton } from '../parts/rooms_button.js';
import { fillFrom, submitOnEnter } from '../parts/text_field.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 * @import { IconName } from '../parts/icon.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderHome(state, app) {
  const { t } = app;
  return html`<main class="stage stage--lamp home" data-pane>
    ${state.rooms.length > 0 ? renderRoomsButton(state, app, 'stage__menu') : nothing}
    <div class="home__column">
      <div class="home__head">
        <span class="chip chip--flame">${t('home-claim')}</span>
        <h1 tabindex="-1">${t('home-title')}</h1>
      </div>
      ${renderTiles(app)}
      ${renderInvitationBox(state, app)}
      ${renderFoot(state, app)}
    </div>
  </main>`;
}

/** @param {App} app */
function renderTiles({ t, actions }) {
  /** @param {IconName} sign @param {string} title @param {string} text @param {string} test @param {() => void} go */
  const renderTile = (sign, title, text, test, go) => html`
    <button class="tile" data-test=${test} @click=${go}
      >${renderIcon(sign)}<b>${title}</b><span>${text}</span></button>`;
  return html`<div class="tiles">
        ${renderTile('house', t('home-host'), t('home-host-text'), 'home-host', actions.openHost)}
        ${renderTile('radio-tower', t('home-create'), t('home-create-text'), 'home-create', actions.openCreate)}
        ${renderTile('key-round', t('home-join'), t('home-join-text'), 'home-join', actions.openJoin)}
      </div>`;
}

/**
 * It looks like one line, but is none: a mail's line ends say how to put a broken link together, and an input of one
 * line drops them.
 * @param {State} state
 * @param {App} app
 */
function renderInvitationBox({ form }, app) {
  const { t, actions } = app;
  const invitation = form.values['invitation'] ?? '';
  return html`<form class="invitation-box" @submit=${submitWith(actions.joinTyped)} data-test="invitation-form">
        <label for="invitation">${t('home-invitation')}</label>
        <textarea
          id="invitation"
          name="invitation"
          rows="1"
          dir=${invitation === '' ? nothing : 'ltr'}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          placeholder=${t('home-invitation-example')}
          .value=${live(invitation)}
          @input=${fillFrom(app, 'invitation')}
          @keydown=${submitOnEnter}
          data-test="invitation"
        ></textarea>
        <button class="button button--primary" type="submit" data-test="join">${t('join')}</button>
      </form>`;
}

/**
 * Where the rooms are kept, and two ways to find more.
 * @param {State} state
 * @param {App} app
 */
function renderFoot({ boot, vault }, { t, actions }) {
  const inMemory = isInMemory(vault);
  const portable = boot?.portable === true;
  const sign = renderIcon(inMemory ? 'memory-stick' : portable ? 'usb' : 'hard-drive');
  const place = inMemory ? t('place-memory') : portable ? t('place-short-portable') : t('place-short');
  return html`<footer class="home__foot">
        <span>${sign}${place}</span>
        <span class="home__links">
          <button class="link" data-test="open-settings" @click=${actions.openSettings}>${t('home-limits')}</button>
          <span>${t('home-switcher', { key: boot?.platform === 'macos' ? '⌘K' : 'Ctrl K' })}</span>
        </span>
      </footer>`;
}
