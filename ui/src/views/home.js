// Home: three ways into a room and one box for every invitation. It looks like one line, but is none: a mail's line ends say how
// to put a broken link together, and an input of one line drops them.

import { isInMemory } from '../state/vault.js';
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { live } from '../vendor/lit-html/directives/live.js';
import { icon, submitOnEnter } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function homeView(state, app) {
  const { t, actions } = app;
  const { boot, form } = state;
  const inMemory = isInMemory(state.vault);
  const tile = (/** @type {Parameters<typeof icon>[0]} */ sign, /** @type {string} */ title, /** @type {string} */ text, /** @type {string} */ test, /** @type {() => void} */ go) => html`
    <button class="tile" data-test=${test} @click=${go}>${icon(sign)}<b>${title}</b><span>${text}</span></button>`;
  const join = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    void actions.joinTyped();
  };
  return html`<main class="stage stage--lamp home" data-pane>
    ${state.rooms.length > 0 ? html`<button class="icon-button home__menu" aria-label=${t('open-rooms')} data-test="open-sidebar" @click=${() => actions.toggleDrawer('sidebar')}>${icon('menu')}</button>` : nothing}
    <div class="home__column">
      <div class="home__head">
        <span class="chip chip--flame">${t('home-claim')}</span>
        <h1 tabindex="-1">${t('home-title')}</h1>
      </div>
      <div class="tiles">
        ${tile('house', t('home-host'), t('home-host-text'), 'home-host', actions.openHost)}
        ${tile('radio-tower', t('home-create'), t('home-create-text'), 'home-create', actions.openCreate)}
        ${tile('key-round', t('home-join'), t('home-join-text'), 'home-join', () => actions.openJoin())}
      </div>
      <form class="invitation-box" @submit=${join} data-test="invitation-form">
        <label for="invitation">${t('home-invitation')}</label>
        <textarea id="invitation" name="invitation" rows="1" dir=${form.values['invitation'] ? 'ltr' : nothing} autocomplete="off" autocapitalize="off" spellcheck="false" placeholder=${t('home-invitation-example')} .value=${live(form.values['invitation'] ?? '')}
          @input=${(/** @type {InputEvent} */ event) => actions.fillField('invitation', /** @type {HTMLTextAreaElement} */ (event.target).value)} @keydown=${submitOnEnter} data-test="invitation"></textarea>
        <button class="button button--primary" type="submit" data-test="join">${t('join')}</button>
      </form>
      <footer class="home__foot">
        <span>${icon(inMemory ? 'memory-stick' : boot?.portable ? 'usb' : 'hard-drive')}${inMemory ? t('place-memory') : boot?.portable ? t('place-short-portable') : t('place-short')}</span>
        <span class="home__links">
          <button class="link" data-test="open-settings" @click=${actions.openSettings}>${t('home-limits')}</button>
          <span>${t('home-switcher', { key: boot?.platform === 'macos' ? '⌘K' : 'Ctrl K' })}</span>
        </span>
      </footer>
    </div>
  </main>`;
}
