// The question whether to follow the others, who went on without this computer: what a person has to see before saying
// yes or no.

import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderIcon } from '../parts/icon.js';
import { renderQuestionWords } from '../parts/question_words.js';

/**
 * @import { Reorganised, RoomSummary } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Reorganised} question
 */
export function renderReorganised(app, room, question) {
  const { t } = app;
  return html`<section class="reorganised" aria-labelledby="reorganised-title" data-pane data-test="reorganised">
    <div class="reorganised__head" role="status">
      ${renderIcon('triangle-alert')}
      <div>
        <h2 id="reorganised-title">${t('reorganised-title')}</h2>
        <p data-test="reorganised-by">${describeLeader(app, question)} ${t('reorganised-waiting')}</p>
      </div>
    </div>
    <details class="fold reorganised__fold" open>
      <summary data-pane-start data-test="reorganised-fold">${t('reorganised-look')}</summary>
      ${renderFacts(app, question)}
      ${renderAnswer(app, room, question)}
    </details>
  </section>`;
}

/**
 * Who led the others away.
 * @param {App} app
 * @param {Reorganised} question
 */
function describeLeader({ t }, { by: nick, own }) {
  if (own) return t('reorganised-by-own');
  return nick === '' ? t('reorganised-by-nobody') : t('reorganised-by', { nick });
}

/**
 * @param {App} app
 * @param {Reorganised} question
 */
function renderFacts({ t }, { people, words }) {
  const names = people.map((nick) => html`<li class="name-tag" dir="auto">${nick}</li>`);
  return html`<div class="reorganised__facts">
        <div class="reorganised__fact">
          <h3 class="overline" id="reorganised-people">${t('reorganised-people', { count: people.length })}</h3>
          <div class="reorganised__people" role="group" tabindex="0" aria-labelledby="reorganised-people">
            <ul class="names" data-test="reorganised-people">${names}</ul>
          </div>
        </div>
        <div class="reorganised__fact">
          <h3 class="overline" id="reorganised-words">${t('reorganised-words')}</h3>
          ${renderQuestionWords(words)}
        </div>
      </div>`;
}

/**
 * @param {App} app
 * @param {RoomSummary} room
 * @param {Reorganised} question
 */
function renderAnswer({ t, actions }, { room }, question) {
  const { canStay } = question;
  const stay = () => actions.openDialog({ name: 'stay', room, question });
  const rejoin = () => actions.openDialog({ name: 'rejoin', room, question });
  return html`<div class="reorganised__answer">
        <div class="reorganised__how">
          <p>${t('reorganised-how')}</p>
          <p id="reorganised-stay">${canStay ? t('reorganised-stay') : t('reorganised-cannot-stay')}</p>
        </div>
        <div class="reorganised__buttons">
          ${canStay
            ? html`<button class="button" aria-describedby="reorganised-stay" data-test="stay" @click=${stay}
                >${t('stay')}</button>`
            : nothing}
          <button class="button button--primary" data-test="rejoin" @click=${rejoin}>${t('rejoin')}</button>
        </div>
      </div>`;
}
