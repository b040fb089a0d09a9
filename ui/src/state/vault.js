// The vault: whether it is open, and what the engine keeps beside the rooms.

/**
 * @import { Event as EngineEvent, VaultState, Ways } from '../../generated/api.js'
 * @import { SnapshotTaken } from './events.js'
 *
 * @typedef {object} Vault
 * @property {VaultState | null} state Null until the first snapshot.
 * @property {Ways | null} ways What opens the vault while it is closed.
 * @property {string | null} lastAddress
 *
 * @typedef {Extract<EngineEvent, { kind: 'vaultChanged' }>} VaultEvent
 */

/** @type {Vault} */
export const initial = { state: null, ways: null, lastAddress: null };

/**
 * @param {Vault} vault
 * @param {VaultEvent | SnapshotTaken} event
 * @returns {Vault}
 */
export function reduce(vault, event) {
  switch (event.kind) {
    case 'vaultChanged':
      return { ...vault, state: event.vault };
    case 'snapshotTaken': {
      const { vault: state, ways, lastAddress } = event.snapshot;
      return { state, ways, lastAddress };
    }
  }
}

/** @param {VaultState | null} state */
export function isOpen(state) {
  return state === 'open' || state === 'openInMemory';
}

/**
 * Whether nothing is kept: all rooms go when the vault is locked.
 * @param {Vault} vault
 */
export function isInMemory({ state }) {
  return state === 'openInMemory';
}
