// The fuse: a small ring that runs down beside everything that will expire. With reduced motion it is a number.

import { formatDuration, formatShortDuration } from '../../format.js';
import { html } from '../../vendor/lit-html/lit-html.js';

/** @import { App } from '../../../types/app.js' */

/**
 * Of a knock at a locked door, which lasts ten minutes.
 * @param {App} app
 * @param {number} endsAt Unix seconds.
 * @param {number} now Unix seconds.
 */
export function renderKnockFuse(app, endsAt, now) {
  return renderFuse(app, { expiresAt: endsAt, lifetime: TEN_MINUTES, now }, 'fuse-room');
}

const TEN_MINUTES = 600;

/**
 * @param {App} app
 * @param {{ expiresAt: number, lifetime: number, now: number }} time Unix seconds; the lifetime is the full ring.
 * @param {'fuse' | 'fuse-room'} [what] What is said of it.
 */
export function renderFuse(app, { expiresAt, lifetime, now }, what = 'fuse') {
  const left = Math.max(0, expiresAt - now);
  const percent = lifetime === 0 ? 0 : Math.min(100, (100 * left) / lifetime);
  const look = percent < 10 ? 'fuse fuse--low' : 'fuse';
  const label = app.t(what, { time: formatDuration(app, left) });
  const dashes = `${percent.toFixed(1)} 100`;
  return html`<span class=${look} role="img" aria-label=${label} title=${label} data-test="fuse">
    <svg class="fuse__ring" viewBox="0 0 16 16" aria-hidden="true">
      <circle class="fuse__track" cx="8" cy="8" r="6" />
      <circle class="fuse__left" cx="8" cy="8" r="6" pathLength="100" stroke-dasharray=${dashes} />
    </svg>
    <span class="fuse__number" aria-hidden="true">${formatShortDuration(app, left)}</span>
  </span>`;
}
