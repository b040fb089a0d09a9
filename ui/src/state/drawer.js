// What is folded out over a narrow window.

/**
 * @import { ScreenOpened } from './events.js'
 * @typedef {'sidebar' | 'people' | null} Drawer
 * @typedef {{ kind: 'drawerToggled', drawer: Drawer }} DrawerEvent
 */

/** @type {Drawer} */
export const initial = null;

/**
 * @param {Drawer} drawer
 * @param {DrawerEvent | ScreenOpened} event
 * @returns {Drawer}
 */
export function reduce(drawer, event) {
  switch (event.kind) {
    case 'drawerToggled':
      return drawer === event.drawer ? null : event.drawer;
    case 'screenOpened':
      return null;
  }
}
