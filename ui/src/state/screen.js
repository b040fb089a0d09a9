// Which screen is shown, and what only this screen shows.

/**
 * @import { InvitationView, RoomHandle } from '../../generated/api.js'
 * @import { Screen, ScreenOpened } from './events.js'
 * @typedef {{ kind: 'invitationRead', room: RoomHandle, invitation: InvitationView }} ScreenEvent
 */

/** @type {Screen} */
export const initial = { name: 'starting' };

/**
 * @param {Screen} screen
 * @param {ScreenEvent | ScreenOpened} event
 * @returns {Screen}
 */
export function reduce(screen, event) {
  switch (event.kind) {
    case 'screenOpened':
      return event.screen;
    case 'invitationRead': {
      const { room, invitation } = event;
      return screen.name === 'invite' && screen.room === room ? { ...screen, invitation } : screen;
    }
  }
}

/**
 * The room that the screen is about, if it is about one.
 * @param {Screen} screen
 */
export function findRoom(screen) {
  return screen.name === 'room' || screen.name === 'invite' ? screen.room : null;
}
