// What the shell told at the start.

/**
 * @import { Boot } from '../../types/shell.js'
 * @typedef {{ kind: 'booted', boot: Boot }} BootEvent
 */

/** @type {Boot | null} */
export const initial = null;

/**
 * @param {Boot | null} _
 * @param {BootEvent} event
 * @returns {Boot | null}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'booted':
      return event.boot;
  }
}
