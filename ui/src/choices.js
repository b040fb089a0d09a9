// What a new room can choose from.

/** Lifetimes of messages, in seconds (protocol 4.5). */
export const LIFETIMES = [3600, 86400, 604800, 2592000];

/** How many people a room can hold (protocol 4.17). */
export const SIZES = [16, 64, 256];
