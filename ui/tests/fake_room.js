// A room that the fake engine makes.

import { hosting, item, person, summary } from './world.js';

/**
 * @import { HostRoom, RoomHandle } from '../generated/api.js'
 * @import { World } from './world.js'
 */

/**
 * @param {World} world
 * @param {number} number How many were made, with this one.
 * @param {HostRoom} request
 * @param {boolean} hosted
 * @returns {RoomHandle}
 */
export function makeRoom(world, number, { title, note, nick, rules, inMemory }, hosted) {
  const room = `f${number}`.padEnd(16, '0');
  const served = hosted ? hosting() : null;
  const made = summary(room, { title, hosting: served, members: 1, messageTtl: rules.messageTtl, inMemory });
  world.snapshot.rooms = [made, ...world.snapshot.rooms];
  world.views[room] = {
    summary: made,
    note,
    people: [person(`m${number}`, nick, { own: true, owner: true, hue: 40, shape: 3 })],
    rules: { ...rules, needsPassphrase: false },
    verification: null,
    owner: true,
    lockedForGood: false,
    waiting: [],
    unsent: 0,
    readTo: '0',
    heardSince: world.now,
  };
  world.items[room] = [{ ...item('0', world.now, { kind: 'system', event: { event: 'created' } }), order: '0' }];
  return room;
}
