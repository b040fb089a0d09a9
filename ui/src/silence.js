// When a room ends because nobody writes in it, and from when on that is said.

/**
 * @import { RoomSummary } from '../generated/api.js'
 * @import { State } from './state/slices.js'
 */

/**
 * How the silence of a room runs out; null as long as much is left of it.
 * @param {State} state
 * @param {RoomSummary} room
 * @returns {{ expiresAt: number, lifetime: number } | null} As a fuse takes it. The relay counts in hours: it ends the
 *   room up to one later.
 */
export function findIdleEnd({ now }, { phase, idleEndsAt, idleTtl }) {
  const isIn = phase === 'open' || phase === 'locked' || phase === 'awaitingConfirmation';
  if (idleEndsAt === null || !isIn) return null;
  const lifetime = Math.min(DAY, Math.max(TEN_MINUTES, idleTtl / 6));
  return idleEndsAt - now < lifetime ? { expiresAt: idleEndsAt, lifetime } : null;
}

const TEN_MINUTES = 600;
const DAY = 86400;
