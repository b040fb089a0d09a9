// Something that happened in the room.

import { formatClock, formatMoment } from '../../format.js';
import { html } from '../../vendor/lit-html/lit-html.js';
import { describeSystem } from './system_text.js';

/**
 * @import { SystemLine } from '../../../generated/api.js'
 * @import { Line } from '../../../types/line.js'
 */

/**
 * @param {Line} line
 * @param {SystemLine} event
 */
export function renderSystem({ app, item, owner }, event) {
  const text = describeSystem(app, event, owner);
  return html`<p class="system system--${event.event}" data-test="item" data-id=${item.id} data-kind=${event.event}
    ><span>${text}</span><time title=${formatMoment(app, item.at)}>${formatClock(app, item.at)}</time></p>`;
}
