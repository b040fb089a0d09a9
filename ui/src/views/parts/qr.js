// The invitation as a picture. Always dark on white, whatever the theme: many cameras do not read the inverse.

import { html } from '../../vendor/lit-html/lit-html.js';
import { ref } from '../../vendor/lit-html/directives/ref.js';

/** Pixels per module: large enough to stay sharp on a dense display. */
const MODULE = 8;

/** The standard asks for four light modules on every side (ISO/IEC 18004). */
const QUIET = 4;

/**
 * @param {{ qrSize: number, qrModules: string }} invitation
 * @param {string} label
 */
export function renderQr({ qrSize, qrModules }, label) {
  const side = (qrSize + 2 * QUIET) * MODULE;
  return html`<canvas
    class="qr"
    width=${side}
    height=${side}
    role="img"
    aria-label=${label}
    data-test="qr"
    ${ref((canvas) => draw(canvas, qrSize, qrModules))}
  ></canvas>`;
}

/**
 * @param {Element | undefined} canvas
 * @param {number} size
 * @param {string} modules
 */
function draw(canvas, size, modules) {
  if (!(canvas instanceof HTMLCanvasElement)) return;
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this window cannot draw');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  for (let index = 0; index < size * size; index += 1) {
    if (modules[index] !== '1') continue;
    context.fillRect((QUIET + (index % size)) * MODULE, (QUIET + Math.floor(index / size)) * MODULE, MODULE, MODULE);
  }
}
