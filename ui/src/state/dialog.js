// The dialog that lies on top, if there is one, and what is filled in there.

import { EMPTY, failWork, fill, startWork } from './fields.js';

/**
 * @import { ErrorCode, Event as EngineEvent, HostingReach, KnockHandle } from '../../generated/api.js'
 * @import { MemberHandle, Newcomer, Reorganised, RoomHandle, RoomSummary } from '../../generated/api.js'
 * @import { WindowEvent } from '../../types/shell.js'
 * @import { ScreenOpened } from './events.js'
 * @import { Form } from './fields.js'
 *
 * @typedef {{ name: 'switcher' | 'close' | 'lock' }
 *   | { name: 'leave' | 'remove' | 'verify' | 'stopHosting' | 'renewAddress' | 'closeRoom', room: RoomHandle }
 *   | { name: 'giveUp' | 'followRoom' | 'takeMoveBack', room: RoomHandle }
 *   | { name: 'moveRoom', room: RoomHandle, reach: HostingReach }
 *   | { name: 'tellNewcomers', room: RoomHandle, people: Newcomer[] }
 *   | { name: 'letIn', room: RoomHandle, knock: KnockHandle, nick: string }
 *   | { name: 'removeMember', room: RoomHandle, member: MemberHandle, nick: string }
 *   | { name: 'changeRoom', room: RoomHandle, from: Record<string, string> }
 *   | { name: 'rejoin' | 'stay', room: RoomHandle, question: Reorganised }
 *   | Unvouched} Dialog
 *
 * @typedef {object} Unvouched
 * @property {'unvouched'} name
 * @property {string} relay With its pin.
 * @property {string[]} pin
 * @property {boolean} inMemory
 * @property {RoomHandle | null} room Which is to move there, if no new one is made.
 *
 * @typedef {object} DialogPart
 * @property {Dialog | null} shown
 * @property {Form} form
 *
 * @typedef {{ kind: 'dialogOpened', dialog: Dialog, values?: Record<string, string> }
 *   | { kind: 'dialogClosed' | 'dialogStarted' | 'dialogMended' }
 *   | { kind: 'dialogFieldChanged', field: string, value: string }
 *   | { kind: 'dialogFailed', code: ErrorCode }} DialogEvent The values are what its form begins with.
 *
 * @typedef {Extract<EngineEvent, { kind: 'roomChanged' }>} RoomChanged
 */

/** @type {DialogPart} */
export const initial = { shown: null, form: EMPTY };

/**
 * @param {DialogPart} part
 * @param {DialogEvent | WindowEvent | ScreenOpened | RoomChanged} event
 * @returns {DialogPart}
 */
export function reduce({ shown, form }, event) {
  switch (event.kind) {
    case 'dialogOpened':
      return { shown: event.dialog, form: { ...EMPTY, values: event.values ?? {} } };
    case 'closeRequested':
      return { shown: { name: 'close' }, form: EMPTY };
    case 'dialogClosed':
    case 'screenOpened':
      return initial;
    case 'dialogFieldChanged':
      // What is typed next may put right what was wrong.
      return { shown, form: { ...fill(form, event.field, event.value), error: null } };
    case 'dialogMended':
      return { shown, form: { ...form, error: null } };
    case 'dialogStarted':
      return { shown, form: startWork(form) };
    case 'dialogFailed':
      return { shown, form: failWork(form, event.code) };
    case 'roomChanged':
      return form.busy && isBegun(shown, event.summary) ? initial : { shown, form };
  }
}

/**
 * Whether what was confirmed goes on in the room itself: leaving and ending take their time where no relay answers.
 * @param {Dialog | null} shown
 * @param {RoomSummary} summary
 */
function isBegun(shown, { room, phase }) {
  const isAbout = (shown?.name === 'leave' || shown?.name === 'closeRoom') && shown.room === room;
  return isAbout && (phase === 'leaving' || phase === 'closing');
}
