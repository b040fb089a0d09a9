// The rules among whose values a person chooses, where a room is made and where its owner changes it.

import { ERASERS, LIFETIMES, SIZES } from '../../choices.js';
import { formatDuration } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { findError, renderFieldError } from './field_error.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { Form } from '../../state/fields.js'
 *
 * @typedef {object} Elsewhere What is different where it is no form of a screen.
 * @property {(field: string, value: string) => void} [fill]
 * @property {string} [hint]
 *
 * @typedef {object} Segments
 * @property {string} field
 * @property {string} test
 * @property {string} legend
 * @property {string} hint
 * @property {{ value: number | string, label: string }[]} choices
 */

/**
 * @param {App} app
 * @param {Form} form
 * @param {Elsewhere} [elsewhere]
 */
export function renderLifetimes(app, form, elsewhere) {
  const { t } = app;
  const choices = listTimes(app);
  const segments = { field: 'messageTtl', test: 'lifetime', legend: t('lifetime'), hint: t('lifetime-hint'), choices };
  return renderSegments(app, form, segments, elsewhere);
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {Elsewhere} [elsewhere]
 */
export function renderIdle(app, form, elsewhere) {
  const { t } = app;
  const choices = listTimes(app);
  const segments = { field: 'idleTtl', test: 'idle', legend: t('idle'), hint: t('idle-hint'), choices };
  return renderSegments(app, form, segments, elsewhere);
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {Elsewhere} [elsewhere]
 */
export function renderSizes(app, form, elsewhere) {
  const { t } = app;
  const choices = SIZES.map((people) => ({ value: people, label: t('size-people', { count: people }) }));
  const segments = { field: 'maxMembers', test: 'size', legend: t('size'), hint: t('size-hint'), choices };
  return renderSegments(app, form, segments, elsewhere);
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {Elsewhere} [elsewhere]
 */
export function renderErasers(app, form, elsewhere) {
  const { t } = app;
  const choices = ERASERS.map((value) => ({ value, label: t(`erase-by-${value}`) }));
  const segments = { field: 'eraseBy', test: 'erase-by', legend: t('erase-by'), hint: t('erase-by-hint'), choices };
  return renderSegments(app, form, segments, elsewhere);
}

/**
 * @param {App} app
 * @param {Form} form
 * @param {Segments} segments
 * @param {Elsewhere} [elsewhere]
 */
export function renderSegments(app, form, segments, elsewhere = {}) {
  const { field, test, legend, choices } = segments;
  const { fill = app.actions.fillField, hint = segments.hint } = elsewhere;
  const error = findError(form, field);
  const renderSegment = (/** @type {{ value: number | string, label: string }} */ { value, label }) =>
    html`<label class="segment"><input
      type="radio"
      name=${field}
      value=${value}
      .checked=${form.values[field] === String(value)}
      @change=${() => fill(field, String(value))}
      data-test="${test}-${value}"
    ><span>${label}</span></label>`;
  return html`<fieldset
    class="segments"
    tabindex=${error ? '-1' : nothing}
    aria-describedby=${error ? `${field}-error` : nothing}
    ?data-error=${error !== null}
  >
    <legend class="field__label">${legend}</legend>
    <div class="segments__row">${choices.map(renderSegment)}</div>
    <p class="field__hint">${hint}</p>
    ${error ? renderFieldError(app, field, error) : nothing}
  </fieldset>`;
}

/** @param {App} app */
function listTimes(app) {
  return LIFETIMES.map((seconds) => ({ value: seconds, label: formatDuration(app, seconds) }));
}
