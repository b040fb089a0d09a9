// The time, in Unix seconds, moved on by the tick that redraws fuses.

/** @typedef {{ kind: 'ticked', now: number }} ClockEvent */

export const initial = 0;

/**
 * @param {number} _
 * @param {ClockEvent} event
 * @returns {number}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'ticked':
      return event.now;
  }
}
