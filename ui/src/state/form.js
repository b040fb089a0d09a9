// The form of the screen.

import { EMPTY, failWork, fill, startWork } from './fields.js';

/**
 * @import { Slip } from '../../generated/api.js'
 * @import { ScreenOpened } from './events.js'
 * @import { Form, FormError } from './fields.js'
 *
 * @typedef {{ kind: 'fieldChanged', field: string, value: string }
 *   | { kind: 'formStarted' | 'formFinished', work: symbol }
 *   | { kind: 'formMended' }
 *   | { kind: 'formFailed', code: FormError, slip?: Slip | null, work?: symbol }} FormEvent
 *   An answer belongs to the form that asked, whatever its screen has become meanwhile; another form does not hear it.
 */

/** @type {Form} */
export const initial = EMPTY;

/**
 * @param {Form} form
 * @param {FormEvent | ScreenOpened} event
 * @returns {Form}
 */
export function reduce(form, event) {
  switch (event.kind) {
    case 'screenOpened':
      return { ...EMPTY, values: event.values ?? {} };
    case 'fieldChanged':
      // What is typed next may put right what was wrong.
      return { ...fill(form, event.field, event.value), error: null, slip: null };
    case 'formMended':
      return { ...form, error: null, slip: null };
    case 'formStarted':
      return startWork(form, event.work);
    case 'formFailed':
      return event.work === undefined || event.work === form.work ? failWork(form, event.code, event.slip) : form;
    case 'formFinished':
      return event.work === form.work ? { ...form, busy: false, work: null, error: null } : form;
  }
}
