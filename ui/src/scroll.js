// Keeps the timeline where the person reads: at its end while new lines come and while the window changes its size, and
// on the same line while old ones load.

/** @import { State } from './state/slices.js' */

/** Closer to the end than this counts as being there, in CSS pixels. */
const END = 48;

/** Closer to the beginning than this asks for earlier lines, in CSS pixels. */
const BEGINNING = 320;

/**
 * By hand, because WebKit has no scroll anchoring.
 * @param {HTMLElement} root
 * @returns {(state: State) => () => void} Call before each drawing; call the result after it.
 */
export function createScroll(root) {
  /** The room whose timeline was drawn last. @type {string | null} */
  let drawn = null;
  const follow = createResizing();
  return ({ timeline }) => {
    const before = findScroller(root);
    // Who reads the end stays at the end; nobody has to look through hundreds of lines for the first that shows.
    const anchor = before === null || timeline?.atEnd ? null : findFirstVisible(before);
    const entering = timeline?.lines ? timeline.room !== drawn : false;
    return () => {
      const after = findScroller(root);
      drawn = after !== null && timeline?.lines ? timeline.room : null;
      follow(after, drawn !== null && timeline?.atEnd === true);
      if (after === null || !timeline?.lines) return;
      if (entering || timeline.atEnd) after.scrollTop = after.scrollHeight;
      else if (anchor?.line.isConnected) after.scrollTop += anchor.line.getBoundingClientRect().top - anchor.top;
    };
  };
}

/**
 * Stays at the end while nothing is drawn: a timeline that becomes lower keeps its first line where it was, which hides
 * the last ones, and tells of no scrolling.
 * @returns {(log: Element | null, atEnd: boolean) => void} Call after each drawing.
 */
function createResizing() {
  /** @type {Element | null} */
  let followed = null;
  let staysAtEnd = false;
  const observer = new ResizeObserver(() => {
    if (followed !== null && staysAtEnd) followed.scrollTop = followed.scrollHeight;
  });
  return (log, atEnd) => {
    staysAtEnd = atEnd;
    if (log === followed) return;
    observer.disconnect();
    followed = log;
    if (log !== null) observer.observe(log);
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
function findScroller(root) {
  return root.querySelector('[data-scroller]');
}

/** @param {Element} log */
function findFirstVisible(log) {
  const top = log.getBoundingClientRect().top;
  for (const line of log.querySelectorAll('[data-line]')) {
    const box = line.getBoundingClientRect();
    if (box.bottom > top) return { line, top: box.top };
  }
  return null;
}
