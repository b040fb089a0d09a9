// The glyph of a member: a colour and a shape derived from the key, with the initial of the chosen name.

import { html, svg } from '../../vendor/lit-html/lit-html.js';

/**
 * Decoration beside the name, so hidden from screen readers; look-alike names are marked in words.
 * @param {{ nick: string, hue: number, shape: number }} member
 */
export function renderGlyph({ nick, hue, shape }) {
  const initial = findInitial(nick);
  return html`<svg class="glyph" viewBox="0 0 32 32" aria-hidden="true" .style=${`--hue: ${hue}`}>
    ${SHAPES[shape % SHAPES.length]}
    <text class="glyph__initial" x="16" y="16.5" text-anchor="middle" dominant-baseline="central">${initial}</text>
  </svg>`;
}

/**
 * The mark of a room in the list. Rooms have no key to show, so the colour only helps the eye and means nothing.
 * @param {string} handle
 * @param {string} title
 */
export function renderRoomMark(handle, title) {
  const hue = Number.parseInt(handle.slice(0, 4), 16) % 360 || 40;
  const words = title.split(/\s+/u).filter((word) => word !== '');
  const letters = words.slice(0, 2).map(findInitial).join('');
  return html`<span class="room-mark" aria-hidden="true" .style=${`--hue: ${hue}`}>${letters || '·'}</span>`;
}

/** @param {string} text */
function findInitial(text) {
  const [first] = new Intl.Segmenter().segment(text.trim());
  return (first?.segment ?? '?').toLocaleUpperCase();
}

/** Eight outlines that stay apart at sixteen pixels and without colour. */
const SHAPES = [
  svg`<circle class="glyph__shape" cx="16" cy="16" r="14" />`,
  svg`<rect class="glyph__shape" x="3" y="3" width="26" height="26" rx="5" />`,
  svg`<path class="glyph__shape" d="M16 1 31 16 16 31 1 16Z" />`,
  svg`<path class="glyph__shape" d="M16 1 29.5 8.5v15L16 31 2.5 23.5v-15Z" />`,
  svg`<path class="glyph__shape" d="M4 3h24v13c0 8-6 12.500-12 15C10 28.500 4 24 4 16Z" />`,
  svg`<path class="glyph__shape" d="M11 2a8.500 8.500 0 0 1 5 2 8.500 8.500 0 0 1 12 12 8.500 8.500 0 0 1-12 12
    8.500 8.500 0 0 1-12-12A8.500 8.500 0 0 1 11 2Z" />`,
  svg`<path class="glyph__shape" d="M16 0C21 6 29 11 29 19a13 12.500 0 0 1-26 0C3 11 11 6 16 0Z" />`,
  svg`<path class="glyph__shape" d="m16 0 3.700 5.300 6.100-2.100.1 6.500 6.100 2.300L28.200 16l3.800 4-6.100 2.300
    -.1 6.500-6.100-2.100L16 32l-3.700-5.300-6.100 2.100-.1-6.500L0 20l3.800-4L0 12l6.100-2.300.1-6.500
    6.100 2.100Z" />`,
];
