// Keeps the timeline where the person reads: at its end while new lines come, and on the same line while old ones load.

/** @import { State } from './state/slices.js' */

/** Closer to the end than this counts as being there, in CSS pixels. */
const END = 48;

/** Closer to the beginning than this asks for earlier lines, in CSS pixels. */
const BEGINNING = 320;

/** The room whose timeline was drawn last. @type {string | null} */
let drawnRoom = null;

/**
 * Call before drawing; call the result after drawing.
 * Done by hand because WebKit has no scroll anchoring.
 * @param {HTMLElement} root
 * @param {State} state
 */
export function keepScroll(root, state) {
  const before = scroller(root);
  // Who reads the end stays at the end; nobody has to look through hundreds of lines for the first that shows.
  const anchor = before === null || state.timeline?.atEnd ? null : firstVisible(before);
  const entering = state.timeline?.lines ? state.timeline.room !== drawnRoom : false;
  return () => {
    const after = scroller(root);
    if (after === null || !state.timeline?.lines) {
      drawnRoom = null;
      return;
    }
    drawnRoom = state.timeline.room;
    if (entering || state.timeline.atEnd) {
      after.scrollTop = after.scrollHeight;
    } else if (anchor !== null && anchor.line.isConnected) {
      after.scrollTop += anchor.line.getBoundingClientRect().top - anchor.top;
    }
  };
}

/** @param {Element} log */
export function isAtEnd(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < END;
}

/** @param {Element} log */
export function isNearBeginning(log) {
  return log.scrollTop < BEGINNING;
}

/** @param {HTMLElement} root */
function scroller(root) {
  return root.querySelector('[data-scroller]');
}

/** @param {Element} log */
function firstVisible(log) {
  const top = log.getBoundingClientRect().top;
  for (const line of log.querySelectorAll('[data-line]')) {
    const box = line.getBoundingClientRect();
    if (box.bottom > top) return { line, top: box.top };
  }
  return null;
}
