import { html } from '../../vendor/lit-html/lit-html.js';

/**
 * The words of the room that is asked about, not of the room as this computer knows it.
 * @param {string[]} words
 */
export function renderQuestionWords(words) {
  return html`<ol class="words words--question selectable" data-test="reorganised-words"
    >${words.map((word) => html`<li>${word}</li>`)}</ol>`;
}
