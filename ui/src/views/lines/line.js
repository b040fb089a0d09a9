// One line of the timeline. Each kind of item has a file; a new kind is a file and a case here.

import { formatDay, isSameDay } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';
import { renderMovedLine } from './moved.js';
import { renderRetracted } from './retracted.js';
import { renderSystem } from './system.js';
import { renderText } from './text.js';
import { renderUnsupported } from './unsupported.js';
import { renderViewOnce } from './view_once.js';

/**
 * @import { ItemBody } from '../../../generated/api.js'
 * @import { Line } from '../../../types/line.js'
 */

/** @param {Line} line */
export function renderLine(line) {
  const { app, item, previous, now } = line;
  const newDay = previous === undefined || !isSameDay(previous.at, item.at);
  const ofDay = newDay ? { ...line, previous: undefined } : line;
  return html`<div class="line" data-line>
    ${newDay ? renderDay(formatDay(app, item.at, now)) : nothing}
    ${renderBody(ofDay, item.body)}
  </div>`;
}

/** @param {string} day */
function renderDay(day) {
  return html`<p class="day" role="separator" aria-label=${day}><span aria-hidden="true">${day}</span></p>`;
}

/**
 * @param {Line} line
 * @param {ItemBody} body
 */
function renderBody(line, body) {
  switch (body.kind) {
    case 'text':
      return renderText(line, body);
    case 'viewOnce':
      return renderViewOnce(line, body);
    case 'retracted':
      return renderRetracted(line, body);
    case 'moved':
      return renderMovedLine(line, body);
    case 'unsupported':
      return renderUnsupported(line, body);
    case 'system':
      return renderSystem(line, body.event);
  }
}
