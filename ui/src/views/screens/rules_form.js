// The rules that a new room begins with, in three groups: each says what holds, and unfolds to be changed.

import { RECEIPTS } from '../../choices.js';
import { formatDuration } from '../../format.js';
import { html } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderErasers, renderIdle, renderLifetimes, renderSegments, renderSizes } from '../parts/rule_choices.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 */

/**
 * @param {App} app
 * @param {Form} form
 * @param {boolean} hosted By this computer: such a room goes with its owner.
 */
export function renderRulesForm(app, form, hosted) {
  const { t } = app;
  return html`<div class="rulebook" role="group" aria-labelledby="rulebook-title">
    <h2 class="field__label" id="rulebook-title">${t('rules')}</h2>
    ${renderGroup('messages', t('rules-messages'), describeMessages(app, form), renderMessages(app, form))}
    ${renderGroup('room', t('rules-room'), describeRoom(app, form, hosted), renderRoom(app, form, hosted))}
    ${renderGroup('people', t('rules-people'), describePeople(app, form), renderPeople(app, form))}
    <p class="field__hint">${t('rules-fixed')}</p>
    <p class="fine">${renderIcon('key-round')}<span>${t('rules-owner')}</span></p>
  </div>`;
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} value What holds now.
 * @param {unknown} content
 */
function renderGroup(name, title, value, content) {
  return html`<details class="rulebook__group" data-test="rules-${name}">
    <summary><b>${title}</b> <span>${value}</span>${renderIcon('chevron-down')}</summary>
    <div class="rulebook__choices">${content}</div>
  </details>`;
}

/**
 * @param {App} app
 * @param {Form} form
 */
function describeMessages(app, { values }) {
  return app.t('rules-messages-value', { time: formatDuration(app, Number(values['messageTtl'])) });
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {boolean} hosted
 */
function describeRoom(app, { values }, hosted) {
  const leave = hosted || values['ownerLeaveCloses'] === 'yes' ? 'closes' : 'stays';
  return app.t('rules-room-value', { leave, time: formatDuration(app, Number(values['idleTtl'])) });
}

/**
 * @param {App} app
 * @param {Form} form
 */
function describePeople({ t }, { values }) {
  return t('rules-people-value', { count: Number(values['maxMembers']), erase: values['eraseBy'] ?? 'owner' });
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderMessages(app, form) {
  const { t } = app;
  const choices = RECEIPTS.map((value) => ({ value, label: t(`receipts-${value}`) }));
  const receipts = { field: 'receipts', test: 'receipts', legend: t('receipts'), hint: t('receipts-hint'), choices };
  return html`${renderLifetimes(app, form)}
    ${renderCheck(app, form, 'everythingViewOnce', 'view-once-all', t('view-once-all'), t('view-once-all-hint'))}
    ${renderSegments(app, form, receipts)}`;
}

/**
 * @param {App} app
 * @param {Form} form
 */
function renderPeople(app, form) {
  const { t } = app;
  return html`${renderSizes(app, form)}
    ${renderErasers(app, form)}
    ${renderCheck(app, form, 'presence', 'presence', t('presence'), t('presence-hint'))}`;
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {boolean} hosted
 */
function renderRoom(app, form, hosted) {
  const { t } = app;
  const fixed = html`<p class="rulebook__fixed" data-test="leave-closes-hosted"
    >${renderIcon('house')}<span>${t('leave-closes-hosted')}</span></p>`;
  const leaves =
    renderCheck(app, form, 'ownerLeaveCloses', 'leave-closes', t('leave-closes'), t('leave-closes-hint'));
  return html`${renderIdle(app, form)}
    ${hosted ? fixed : leaves}`;
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {string} field
 * @param {string} test
 * @param {string} label
 * @param {string} hint
 */
export function renderCheck({ actions }, { values }, field, test, label, hint) {
  const checked = values[field] === 'yes';
  return html`<label class="check"><input
      type="checkbox"
      name=${field}
      .checked=${checked}
      @change=${() => actions.fillField(field, checked ? '' : 'yes')}
      data-test=${test}
    ><span><b>${label}</b><span class="field__hint">${hint}</span></span></label>`;
}
