// Who has confirmed that an erased room's keys are destroyed. It fills for a minute at most.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { repeat } from '../../vendor/lit-html/directives/repeat.js';
import { renderGlyph } from '../parts/glyph.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { BurnReceipt, BurnReceipts } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {BurnReceipts} burned
 */
export function renderBurned(app, burned) {
  const { t } = app;
  const { people, listening } = burned;
  const isOpen = people.some(({ confirmed }) => !confirmed);
  const list = html`<div class="burned__scroll" role="group" tabindex="0" aria-labelledby="burned-title"
      ><ul class="members" data-test="burned-people">${renderPeople(app, burned)}</ul></div>`;
  return html`<section class="burned" data-test="burned" data-state=${listening ? 'listening' : 'over'}>
    <h2 class="overline" id="burned-title">${t('burned-title')}</h2>
    <p role="status" data-test="burned-count">${describeCount(app, burned)} ${isOpen
      ? t(listening ? 'burned-listening' : 'burned-over')
      : nothing}</p>
    ${people.length === 0 ? nothing : list}
    ${people.length === 0 ? nothing : html`<p class="fine">${renderIcon('info')}<span>${t('burned-lie')}</span></p>`}
  </section>`;
}

/**
 * @param {App} app
 * @param {BurnReceipts} burned
 */
function describeCount({ t }, { people }) {
  if (people.length === 0) return t('burned-nobody');
  return t('burned-count', { confirmed: people.filter(({ confirmed }) => confirmed).length, people: people.length });
}

/**
 * @param {App} app
 * @param {BurnReceipts} burned
 */
function renderPeople(app, { people, listening }) {
  return repeat(
    people,
    ({ member }) => member,
    (person) => renderPerson(app, person, listening),
  );
}

/**
 * @param {App} app
 * @param {BurnReceipt} person
 * @param {boolean} listening
 */
function renderPerson({ t }, { nick, hue, shape, confirmed }, listening) {
  const said = confirmed ? t('burned-yes') : t(listening ? 'burned-waiting' : 'burned-no');
  return html`<li class="burned__person" data-test="burned-person" data-state=${confirmed ? 'confirmed' : 'out'}>
    ${renderGlyph({ nick, hue, shape })}
    <bdi>${nick}</bdi>
    <span class=${confirmed ? 'burned__said burned__said--yes' : 'burned__said'}
      >${renderIcon(confirmed ? 'circle-check' : 'hourglass')}${said}</span>
  </li>`;
}
