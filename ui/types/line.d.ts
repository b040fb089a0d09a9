// What a line of the timeline is drawn from. It is drawn again only when one of these has changed.

import type { Item, Person, RoomSummary } from '../generated/api.js';
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
   * Unix seconds.
   */
  now: number,
};
