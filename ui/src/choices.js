// What a new room can choose from.

/** How long messages last, and how long a room lasts in which nobody writes; in seconds (protocol 4.5). */
export const LIFETIMES = [3600, 86400, 604800, 2592000];

/** How many people a room can hold (protocol 4.17). */
export const SIZES = [16, 64, 256];

/** What a form for a new room begins with: what is kept least long, in the smallest room, which goes with its owner. */
export const RULES = { messageTtl: '86400', idleTtl: '86400', maxMembers: '16', ownerLeaveCloses: 'yes' };
