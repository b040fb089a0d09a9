// An invitation that was read aloud: what was heard, waiting for the other side, and what it became.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderFormError, renderSubmit, submitWith } from '../parts/form.js';
import { renderScreenHead } from '../parts/screen_head.js';
import { renderTextField } from '../parts/text_field.js';
import { renderKnown } from './known.js';

/**
 * @import { HeardInvitation, RoomHandle } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderSpoken({ form }, app) {
  const { t, actions } = app;
  const isTyped = (form.values['invitation'] ?? '') !== '';
  const spoken = {
    name: 'invitation',
    label: t('hearing-words'),
    hint: t('hearing-words-hint'),
    placeholder: t('hearing-words-example'),
    mono: true,
    autofocus: !isTyped,
    required: true,
  };
  const address = {
    name: 'address',
    label: t('hearing-where'),
    hint: t('hearing-where-hint'),
    placeholder: t('where-example'),
    mono: true,
    autofocus: isTyped,
    required: true,
  };
  const submit = { label: t('join-next'), busy: t('hearing-busy'), test: 'hear' };
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${renderScreenHead(app, t('hearing-title'), t('hearing-lead'))}
    <form class="form panel" @submit=${submitWith(actions.hearInvitation)} data-test="hearing-form">
      ${renderFormError(app, form, ['invitation', 'address'])}
      ${renderTextField(app, form, spoken)}
      ${renderTextField(app, form, address)}
      ${form.values['paused'] === 'yes' ? renderAgain(app, form) : nothing}
      <div class="form__actions">${renderSubmit(form, submit)}${form.busy ? renderCancel(app) : nothing}</div>
    </form>
  </div></main>`;
}

/**
 * After three wrong ones in a row a person says that they have asked for others.
 * @param {App} app
 * @param {Form} form
 */
function renderAgain({ t, actions }, { values }) {
  const checked = values['again'] === 'yes';
  return html`<label class="check"><input
      type="checkbox"
      name="again"
      .checked=${checked}
      @change=${() => actions.fillField('again', checked ? '' : 'yes')}
      data-test="hearing-again"
    ><span><b>${t('hearing-again')}</b><span class="field__hint">${t('hearing-again-hint')}</span></span></label>`;
}

/** @param {App} app */
function renderCancel({ t, actions }) {
  return html`<button type="button" class="button" data-test="cancel-hearing" @click=${actions.cancelHearing}
    >${t('cancel')}</button>`;
}

/**
 * The other side has handed it over, and the room is being looked at.
 * @param {State} state
 * @param {App} app
 * @param {HeardInvitation} heard
 * @param {RoomHandle | null} known The room, if it is on this computer already.
 */
export function renderHeard({ form }, app, { address }, known) {
  const { t, actions } = app;
  const submit = { label: t('join-next'), busy: t('join-busy'), test: 'heard-next' };
  return html`<main class="stage screen" data-pane><div class="screen__column">
    ${renderScreenHead(app, t('heard-title'), t('heard-lead', { address }))}
    <form class="form panel" @submit=${submitWith(actions.followHeard)} data-test="heard-form">
      ${renderFormError(app, form, [])}
      ${known === null ? nothing : renderKnown(app, known)}
      <p class="fine">${t('heard-once')}</p>
      <div class="form__actions">${known === null ? renderSubmit(form, submit) : nothing}</div>
    </form>
  </div></main>`;
}
