// Takes a snapshot of the engine where the state may have missed something.

import { readCode } from '../actions/run.js';

/**
 * @import { Shell } from '../shell.js'
 * @import { Store } from '../state/store.js'
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createSnapshotTaker(store, shell) {
  return () => {
    if (store.state().snapshot.stale) void takeSnapshot(store, shell);
  };
}

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export async function takeSnapshot(store, shell) {
  store.dispatch({ kind: 'snapshotAsked' });
  try {
    store.dispatch({ kind: 'snapshotTaken', snapshot: await shell.call('snapshot') });
  } catch (error) {
    store.dispatch({ kind: 'snapshotFailed', code: readCode(error) });
  }
}
