// A room that the fake engine makes.

import { hosting, item, person, summary } from './world.js';

/**
 * @import { HostRoom, RoomHandle } from '../generated/api.js'
 * @import { World } from './world.js'
 */

/**
 * @param {World} world
 * @param {RoomHandle} room
 * @param {HostRoom} request
 * @param {boolean} hosted
 */
export function makeRoom(world, room, { title, note, nick, rules: { locked, ...rules }, inMemory }, hosted) {
  const served = hosted ? hosting() : null;
  const made = summary(room, { title, hosting: served, members: 1, messageTtl: rules.messageTtl, inMemory });
  if (locked) made.phase = 'locked';
  world.snapshot.rooms = [made, ...world.snapshot.rooms];
  world.views[room] = {
    summary: made,
    note,
    people: [person(`m${room}`, nick, { own: true, owner: true, hue: 40, shape: 3 })],
    rules: { ...rules, needsPassphrase: false },
    verification: null,
    owner: true,
    lockedForGood: false,
    waiting: [],
    unsent: 0,
    readTo: '0',
    heardSince: world.now,
    knocks: [],
    takesKnocks: true,
    spoken: [],
  };
  world.items[room] = [{ ...item('0', world.now, { kind: 'system', event: { event: 'created' } }), order: '0' }];
}
