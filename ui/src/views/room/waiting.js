// What the owner has ordered and the relay has not heard.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';

/**
 * @import { RoomView, Waiting } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomView} view
 */
export function renderWaiting(app, view) {
  const { waiting } = view;
  if (waiting.length === 0) return nothing;
  const orders = waiting.map(
    (order) => html`<li data-order=${order.kind}
      >${renderIcon('hourglass')}<span>${describe(app, view, order)}</span></li>`,
  );
  return html`<section class="waiting" data-test="waiting">
    <h2 class="overline">${app.t('waiting')}</h2>
    <ul>${orders}</ul>
  </section>`;
}

/**
 * @param {App} app
 * @param {RoomView} view
 * @param {Waiting} order
 */
function describe({ t }, { people }, order) {
  if (order.kind !== 'remove') return t(`waiting-${order.kind}`);
  const person = people.find(({ member }) => member === order.member);
  return person === undefined ? t('waiting-remove-somebody') : t('waiting-remove', { nick: person.nick });
}
