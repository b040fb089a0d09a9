// Joining: the invitation, "Where?" if it does not say, and then what one is about to enter.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit, submitWith } from '../parts/form.js';
import { renderIcon } from '../parts/icon.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { renderTextField } from '../parts/text_field.js';
import { renderHeard, renderSpoken } from './hearing.js';
import { renderKnown } from './known.js';
import { renderPreview } from './preview.js';

/**
 * @import { RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Screen } from '../../state/events.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {Extract<Screen, { name: 'join' }>} screen
 */
export function renderJoin(state, app, screen) {
  switch (screen.step) {
    case 'invitation':
      return renderInvitation(state, app, screen.read?.known ?? null);
    case 'spoken':
      return renderSpoken(state, app);
    case 'heard':
      return screen.heard === null ? nothing : renderHeard(state, app, screen.heard, screen.read?.known ?? null);
    case 'where':
      return renderWhere(state, app, screen.read?.beside ?? null);
    case 'preview':
      return screen.preview === null ? nothing : renderPreview(state, app, screen.preview);
  }
}

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle | null} known The room, if it is on this computer already.
 */
function renderInvitation({ form }, app, known) {
  const { t, actions } = app;
  const invitation = {
    name: 'invitation',
    label: t('home-invitation'),
    hint: t('join-invitation-hint'),
    placeholder: t('home-invitation-example'),
    mono: true,
    area: true,
    submits: true,
    autofocus: true,
    required: true,
  };
  const submit = { label: t('join-next'), busy: t('join-busy'), test: 'join-next' };
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${renderScreenHead(app, t('join-title'), t('join-lead'))}
    <form class="form panel" @submit=${submitWith(actions.readInvitation)} data-test="join-form">
      ${renderFormError(app, form, ['invitation'])}
      ${renderTextField(app, form, invitation)}
      ${known === null ? nothing : renderKnown(app, known)}
      <div class="form__actions">${renderSubmit(form, submit)}${renderToSpoken(app)}</div>
    </form>
  </div></main>`;
}

/** @param {App} app */
function renderToSpoken({ t, actions }) {
  return html`<button type="button" class="button button--quiet" data-test="to-spoken" @click=${actions.openSpoken}
    >${renderIcon('ear')}${t('join-spoken')}</button>`;
}

/**
 * @param {State} state
 * @param {App} app
 * @param {string | null} beside The address that stood beside the code.
 */
function renderWhere({ form }, app, beside) {
  const { t, actions } = app;
  const address = {
    name: 'address',
    label: t('where-address'),
    hint: t(beside === null ? 'where-hint' : 'where-beside'),
    placeholder: t('where-example'),
    mono: true,
    autofocus: true,
    required: true,
  };
  const submit = { label: t('join-next'), busy: t('join-busy'), test: 'where-next' };
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${renderScreenHead(app, t('where-title'), t('where-lead'))}
    <form class="form panel" @submit=${submitWith(actions.previewRoom)} data-test="where-form">
      ${renderFormError(app, form, ['address'])}
      ${renderTextField(app, form, address)}
      <div class="form__actions">${renderSubmit(form, submit)}</div>
    </form>
  </div></main>`;
}
