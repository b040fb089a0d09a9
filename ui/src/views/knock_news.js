// Who knocks, said once to whoever does not see the list: no sound, and not over anything.

import { html } from '../vendor/lit-html/lit-html.js';
import { formatTitle } from './parts/title.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { State } from '../state/slices.js'
 */

/**
 * The place is always there: a screen reader only tells of what comes into a place that it knows.
 * @param {State} state
 * @param {App} app
 */
export function renderKnockNews({ rooms, knocks }, app) {
  const news = rooms.flatMap((room) => {
    const [nick, ...more] = knocks.waiting[room.room] ?? [];
    if (nick === undefined) return [];
    return [app.t('knocks-news', { count: more.length + 1, nick, room: formatTitle(app, room) })];
  });
  return html`<p class="visually-hidden" role="status" data-test="knock-news">${news.join(' ')}</p>`;
}
