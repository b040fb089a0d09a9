// Changing a room later: what its owner filled in, as far as it differs from what was there.

import { order } from './owner.js';

/**
 * @import { ChangeRoom, EraseBy, RoomHandle, RoomSummary, RoomView } from '../../generated/api.js'
 * @import { Dialog } from '../state/dialog.js'
 * @import { Tools } from './run.js'
 *
 * @typedef {Extract<Dialog, { name: 'changeRoom' }>} ChangeDialog
 */

/** @param {Tools} tools */
export function createChangeActions(tools) {
  const { store, shell, confirm } = tools;
  const { dispatch } = store;
  return {
    /** @param {RoomHandle} room */
    openChange: (room) => {
      const { rooms, room: open } = store.state();
      const summary = rooms.find((known) => known.room === room);
      if (summary === undefined || open?.room !== room || open.view === null) return;
      const values = readNow(summary, open.view);
      dispatch({ kind: 'dialogOpened', dialog: { name: 'changeRoom', room, from: values }, values });
    },
    /** @param {ChangeDialog} dialog */
    changeRoom: (dialog) =>
      confirm(async () => {
        const request = findChanges(dialog, store.state().dialog.form.values);
        if (request === null) return;
        await order(tools, dialog.room, () => shell.call('change_room', request));
      }),
  };
}

/**
 * What the form begins with.
 * @param {RoomSummary} summary
 * @param {RoomView} view
 */
function readNow({ title }, { note, rules }) {
  const { messageTtl, idleTtl, maxMembers, eraseBy } = rules;
  return {
    title,
    note,
    messageTtl: String(messageTtl),
    idleTtl: String(idleTtl),
    maxMembers: String(maxMembers),
    eraseBy,
  };
}

/**
 * @param {ChangeDialog} dialog
 * @param {Record<string, string>} values
 * @returns {ChangeRoom | null} Null if nothing was changed.
 */
function findChanges({ room, from }, values) {
  const find = (/** @type {string} */ field) => {
    const value = (values[field] ?? '').trim();
    return value === (from[field] ?? '') ? null : value;
  };
  const findNumber = (/** @type {string} */ field) => {
    const value = find(field);
    return value === null ? null : Number(value);
  };
  const changes = {
    title: find('title'),
    note: find('note'),
    messageTtl: findNumber('messageTtl'),
    idleTtl: findNumber('idleTtl'),
    maxMembers: findNumber('maxMembers'),
    eraseBy: /** @type {EraseBy | null} */ (find('eraseBy')),
  };
  return Object.values(changes).every((change) => change === null) ? null : { room, ...changes };
}
