// Which of the two looks was chosen.

/**
 * @typedef {'system' | 'dark' | 'light'} Theme
 * @typedef {{ kind: 'themeChosen', theme: Theme }} ThemeEvent
 */

/** @type {Theme} */
export const initial = 'system';

/**
 * @param {Theme} _
 * @param {ThemeEvent} event
 * @returns {Theme}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'themeChosen':
      return event.theme;
  }
}
