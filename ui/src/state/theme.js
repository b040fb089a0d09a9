// Which look was chosen: the vault keeps it, so it is the system's while that is closed.

/**
 * @import { Theme } from '../../generated/api.js'
 * @import { SnapshotTaken } from './events.js'
 * @typedef {{ kind: 'themeChosen', theme: Theme }} ThemeEvent
 */

/** @type {Theme} */
export const initial = 'system';

/**
 * @param {Theme} _
 * @param {ThemeEvent | SnapshotTaken} event
 * @returns {Theme}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'themeChosen':
      return event.theme;
    case 'snapshotTaken':
      return event.snapshot.theme;
  }
}
