// What the owner changes in a room, in the fake engine.

/**
 * @import { ChangeRoom, RoomSummary, RoomView, SystemLine } from '../generated/api.js'
 * @import { World } from './world.js'
 */

/**
 * @param {World} world
 * @param {RoomSummary} summary
 * @param {ChangeRoom} request
 * @returns {SystemLine[]} What the others read of it.
 */
export function changeRoom(world, summary, { room, title, note, messageTtl, idleTtl, maxMembers, eraseBy }) {
  const view = /** @type {RoomView} */ (world.views[room]);
  const { rules } = view;
  /** @type {(SystemLine | null)[]} */
  const lines = [
    title === null ? null : { event: 'titleChanged', from: summary.title, to: title },
    note === null ? null : { event: 'noteChanged', from: view.note, to: note },
    messageTtl === null ? null : { event: 'messageTtlChanged', from: rules.messageTtl, to: messageTtl },
    idleTtl === null ? null : { event: 'idleTtlChanged', from: rules.idleTtl, to: idleTtl },
    maxMembers === null ? null : { event: 'maxMembersChanged', from: rules.maxMembers, to: maxMembers },
    eraseBy === null ? null : { event: 'eraseByChanged', to: eraseBy },
  ];
  summary.title = title ?? summary.title;
  summary.messageTtl = messageTtl ?? summary.messageTtl;
  view.note = note ?? view.note;
  view.rules = {
    ...rules,
    messageTtl: messageTtl ?? rules.messageTtl,
    idleTtl: idleTtl ?? rules.idleTtl,
    maxMembers: maxMembers ?? rules.maxMembers,
    eraseBy: eraseBy ?? rules.eraseBy,
  };
  return lines.filter((line) => line !== null);
}
