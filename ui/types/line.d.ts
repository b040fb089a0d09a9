// What a line of the timeline is drawn from. It is drawn again only when one of these has changed.

import type { Item, Person, RoomSummary } from '../generated/api.js';
import type { Reading } from '../src/state/reading.js';
import type { App } from './app.js';

export type Line = {
  app: App,
  room: RoomSummary,
  item: Item,
  /**
   * The line above; line.js leaves it out where a new day begins.
   */
  previous: Item | undefined,
  /**
   * Who said it, if they are in the room.
   */
  person: Person | undefined,
  /**
   * Whether the room is this person's.
   */
  owner: boolean,
  /**
   * How it is being read, if it can be read once.
   */
  reading: Reading | null,
  /**
   * Unix seconds.
   */
  now: number,
};
