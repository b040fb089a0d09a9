// The question whether to follow the others, who went on without this computer: what a person has to see before saying yes or no.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icon } from './parts.js';

/**
 * @import { App } from '../../types/app.js'
 * @import { Reorganised, RoomPhase, RoomSummary } from '../../generated/api.js'
 */

/** Where a yes would be carried out. @type {ReadonlySet<RoomPhase>} */
const ASKING = new Set(['open', 'locked', 'awaitingConfirmation']);

/**
 * What the room asks at the moment; null if nothing, or if the answer was given and is being carried out.
 * @param {RoomSummary} room
 * @returns {Reorganised | null}
 */
export function questionOf({ phase, reorganised }) {
  return ASKING.has(phase) ? reorganised : null;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Reorganised} question
 */
export function reorganisedView(app, room, question) {
  const { t, actions } = app;
  const { people, words, canStay } = question;
  return html`<section class="reorganised" aria-labelledby="reorganised-title" data-pane data-test="reorganised">
    <div class="reorganised__head" role="status">
      ${icon('triangle-alert')}
      <div>
        <h2 id="reorganised-title">${t('reorganised-title')}</h2>
        <p data-test="reorganised-by">${by(app, question)} ${t('reorganised-waiting')}</p>
      </div>
    </div>
    <details class="fold reorganised__fold" open>
      <summary data-pane-start data-test="reorganised-fold">${t('reorganised-look')}</summary>
      <div class="reorganised__facts">
        <div class="reorganised__fact">
          <h3 class="overline" id="reorganised-people">${t('reorganised-people', { count: people.length })}</h3>
          <div class="reorganised__people" role="group" tabindex="0" aria-labelledby="reorganised-people">
            <ul class="names" data-test="reorganised-people">${people.map((nick) => html`<li class="name-tag" dir="auto">${nick}</li>`)}</ul>
          </div>
        </div>
        <div class="reorganised__fact">
          <h3 class="overline" id="reorganised-words">${t('reorganised-words')}</h3>
          ${questionWords(words)}
        </div>
      </div>
      <div class="reorganised__answer">
        <div class="reorganised__how">
          <p>${t('reorganised-how')}</p>
          <p id="reorganised-stay">${canStay ? t('reorganised-stay') : t('reorganised-cannot-stay')}</p>
        </div>
        <div class="reorganised__buttons">
          ${canStay ? html`<button class="button" aria-describedby="reorganised-stay" data-test="stay" @click=${() => actions.openDialog({ name: 'stay', room: room.room, question })}>${t('stay')}</button>` : nothing}
          <button class="button button--primary" data-test="rejoin" @click=${() => actions.openDialog({ name: 'rejoin', room: room.room, question })}>${t('rejoin')}</button>
        </div>
      </div>
    </details>
  </section>`;
}

/**
 * @param {App} app
 * @param {Reorganised} question
 */
function by({ t }, { by: nick, own }) {
  if (own) return t('reorganised-by-own');
  return nick === '' ? t('reorganised-by-nobody') : t('reorganised-by', { nick });
}

/**
 * The words of the room that is asked about, not of the room as this computer knows it.
 * @param {string[]} words
 */
export function questionWords(words) {
  return html`<ol class="words words--question selectable" data-test="reorganised-words">${words.map((word) => html`<li>${word}</li>`)}</ol>`;
}

/**
 * Two sets of words are in sight while the room asks: what those beside the people are; null if there is nothing to tell.
 * @param {App} app
 * @param {RoomSummary} room
 * @param {string[]} known The words of the room as this computer knows it.
 */
export function otherWordsHint({ t }, room, known) {
  const question = questionOf(room);
  if (question === null || question.words.join(' ') === known.join(' ')) return null;
  return t('check-hint-reorganised');
}
