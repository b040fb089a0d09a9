// A sentence that is shown for a moment.

/**
 * @typedef {{ id: string, tone: 'plain' | 'error' }} Toast
 * @typedef {{ kind: 'toastShown' } & Toast | { kind: 'toastHidden' }} ToastEvent
 */

/** @type {Toast | null} */
export const initial = null;

/**
 * @param {Toast | null} _
 * @param {ToastEvent} event
 * @returns {Toast | null}
 */
export function reduce(_, event) {
  switch (event.kind) {
    case 'toastShown':
      return { id: event.id, tone: event.tone };
    case 'toastHidden':
      return null;
  }
}
