// What a new room can choose from.

/** How long messages last, and how long a room lasts in which nobody writes; in seconds (protocol 4.5). */
export const LIFETIMES = [3600, 86400, 604800, 2592000];

/** How many people a room can hold (protocol 4.17). */
export const SIZES = [16, 64, 256];

/**
 * What a form for a new room begins with: what is kept least long, in the smallest room, which goes with its owner.
 * Nothing is confirmed.
 */
export const RULES = {
  messageTtl: '86400',
  idleTtl: '86400',
  maxMembers: '16',
  ownerLeaveCloses: 'yes',
  everythingViewOnce: '',
  receipts: 'none',
  presence: 'yes',
  eraseBy: 'owner',
  locked: '',
};

/** What members can confirm of messages. @type {readonly import('../generated/api.js').Receipts[]} */
export const RECEIPTS = ['none', 'delivered', 'seen'];

/** Who can erase a room for everybody. @type {readonly import('../generated/api.js').EraseBy[]} */
export const ERASERS = ['owner', 'anyMember'];

/** For how many seconds a message can be read once (protocol 4.10). */
export const SECONDS = [5, 10, 30, 60, 300];

/** For how many where the room takes no other messages and nobody says. */
export const ALWAYS = 30;

/** Seconds after which a message can burn, where that is sooner than the room's rules say. */
export const FUSES = [60, 300, 3600, 86400];
