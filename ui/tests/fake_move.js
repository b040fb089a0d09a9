// Moving a room, in memory.

import { failure } from './fake_door.js';
import { makeRoom } from './fake_room.js';
import { item, movedLine } from './world.js';

/**
 * @import { Item, MoveRoom, RoomHandle, RoomSummary, RoomView } from '../generated/api.js'
 * @import { World } from './world.js'
 */

/** Where a room is that this computer serves. */
const HERE = '192.168.1.20:7443';

/**
 * Makes the new room, and leads the others there.
 * @param {World} world
 * @param {RoomSummary} from
 * @param {MoveRoom} request
 * @param {RoomHandle} room How the new one is called.
 * @returns {Item} The line by which they are led.
 */
export function moveRoom(world, from, { relay }, room) {
  const view = /** @type {RoomView} */ (world.views[from.room]);
  if (from.moved !== null) throw failure('invalid-request');
  const { nick = '', member = '' } = view.people.find((one) => one.own) ?? {};
  const { title, inMemory } = from;
  const rules = { ...view.rules, locked: false };
  makeRoom(world, room, { title, note: view.note, nick, rules, passphrase: null, inMemory }, relay === null);
  const places = [relay === null ? HERE : (relay.split('~')[0] ?? '')];
  const isAway = from.connection.kind !== 'online';
  const endsAt = isAway ? null : world.now + from.messageTtl;
  from.moved = { by: nick, own: true, places, endsAt, cameSince: [] };
  if (!isAway) from.phase = 'locked';
  world.moves[from.room] = room;
  const body = movedLine(member, nick, { own: true, places, state: isAway ? 'waiting' : 'stored' });
  const lines = (world.items[from.room] ??= []);
  const line = item(String(lines.length + 1), world.now, body);
  lines.push(line);
  return line;
}

/**
 * Goes to where a room has moved: makes what is not there yet.
 * @param {World} world
 * @param {RoomSummary} from
 * @param {RoomHandle} fresh How it is called if this computer is not in it yet.
 * @returns {RoomHandle}
 */
export function followRoom(world, from, fresh) {
  if (from.moved === null) throw failure('invalid-request');
  const known = world.moves[from.room];
  if (known !== undefined) return known;
  const view = /** @type {RoomView} */ (world.views[from.room]);
  const nick = view.people.find((one) => one.own)?.nick ?? '';
  const rules = { ...view.rules, locked: false };
  const { title, inMemory } = from;
  makeRoom(world, fresh, { title, note: view.note, nick, rules, passphrase: null, inMemory }, false);
  Object.assign(/** @type {RoomView} */ (world.views[fresh]), { owner: false });
  Object.assign(/** @type {RoomSummary} */ (world.snapshot.rooms[0]), { phase: 'awaitingConfirmation', members: 2 });
  world.moves[from.room] = fresh;
  return fresh;
}
