// Who is writing. Its place is kept free, so that nothing jumps, and nobody is interrupted: it is not read out.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { MemberHandle, Person, RoomHandle, RoomView } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 * @param {RoomHandle} room
 */
export function renderTyping({ room: open, typing }, app, room) {
  const view = open?.room === room ? open.view : null;
  // By its rules, nobody says it there.
  if (view !== null && !view.rules.presence) return nothing;
  const said = view === null ? '' : describe(app, view, typing[room] ?? []);
  return html`<p class="composer__typing" data-test="typing">${said}</p>`;
}

/**
 * @param {App} app
 * @param {RoomView} view
 * @param {MemberHandle[]} members
 */
function describe({ t }, { people }, members) {
  const known = members.flatMap((member) => people.find((/** @type {Person} */ one) => one.member === member) ?? []);
  const [first, second] = known;
  if (first === undefined) return '';
  if (second === undefined) return t('typing-one', { nick: first.nick });
  return known.length > 2 ? t('typing-several') : t('typing-two', { first: first.nick, second: second.nick });
}
