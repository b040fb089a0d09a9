// What a person does in a scene, and what several scenes begin with.

import { PRESS, hosting, person, summary } from '../world.js';

/**
 * @import { ErrorCode, HostingReach, RoomHandle, RoomSummary, RoomView } from '../../generated/api.js'
 * @import { FakeShell } from '../fake_shell.js'
 * @import { World } from '../world.js'
 *
 * @typedef {object} Hand
 * @property {(test: string) => Promise<void>} click
 * @property {(test: string, value: string) => Promise<void>} type
 * @property {(selector: string) => Promise<HTMLElement>} see
 * @property {(key: string, modifiers?: KeyboardEventInit) => void} press
 *
 * @typedef {object} Scene
 * @property {(world: World, fake: FakeShell) => void} [prepare]
 * @property {(hand: Hand, fake: FakeShell) => Promise<unknown>} act Ends when the screen is what it should be.
 */

export const RELAY_FILE = `/home/heron/.local/share/conclave/rooms/${PRESS}.relay.db`;

/** @param {Hand} hand */
export async function enter(hand, room = PRESS) {
  await hand.see('[data-screen="home"]');
  (await hand.see(`[data-room="${room}"]`)).click();
  return hand.see('[data-test="item"], [data-test="error"], [data-test="composer-silent"]');
}

/** @param {Hand} hand */
export async function join(hand) {
  await hand.click('home-join');
  await hand.type('field-invitation', 'conclave://192.168.1.20:7443/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S');
  await hand.click('join-next');
}

/** A hosted room that this computer does not serve. @param {ErrorCode} reason @param {string | null} file */
export const serveNot = (reason, file) => (/** @type {World} */ world) => {
  const failed = hosting({ state: 'failed', addresses: ['192.168.1.20:7443'], reason, file });
  world.snapshot.rooms[0] = summary(PRESS, { hosting: failed });
};

/** A room that this computer serves to nobody yet. @param {HostingReach} reach @param {string} address */
export const reachable = (reach, address) => (/** @type {World} */ world) => {
  world.reach = reach;
  const alone = summary(PRESS, { members: 1, hosting: hosting({ addresses: [address], reach }) });
  world.snapshot.rooms[0] = alone;
  world.views[PRESS] = {
    .../** @type {NonNullable<World['views'][string]>} */ (world.views[PRESS]),
    summary: alone,
    people: [person('me', 'Heron', { own: true, owner: true })],
    verification: null,
  };
};

/** The panel may be folded away in a narrow window. @param {Hand} hand @param {string} test */
export async function openInPanel(hand, test) {
  await openDrawer(hand, 'open-people');
  await hand.click(test);
}

/** @param {Hand} hand @param {string} test */
export async function openDrawer(hand, test) {
  const button = await hand.see(`main [data-test="${test}"]`);
  if (button.checkVisibility()) button.click();
  return hand.see('main');
}

/**
 * Another state of a room, from outside and from inside.
 * @param {RoomHandle} room
 * @param {Partial<RoomSummary>} outside
 * @param {Partial<RoomView>} [inside]
 */
export const change = (room, outside, inside = {}) => (/** @type {World} */ world) => {
  const at = world.snapshot.rooms.findIndex((known) => known.room === room);
  const changed = { .../** @type {RoomSummary} */ (world.snapshot.rooms[at]), ...outside };
  world.snapshot.rooms[at] = changed;
  world.views[room] = { .../** @type {RoomView} */ (world.views[room]), ...inside, summary: changed };
};
