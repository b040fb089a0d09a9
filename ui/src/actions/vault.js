// Opening and locking what holds the rooms.

import { isInMemory } from '../state/vault.js';

/**
 * @import { CreateVault } from '../../generated/api.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createVaultActions(tools) {
  const { store, shell, submit, confirm } = tools;
  const { dispatch } = store;

  return {
    retryStart: () => dispatch({ kind: 'lagged' }),
    /** Looks at the folder for data again. */
    retryFolder: () =>
      submit(async () => {
        dispatch({ kind: 'booted', boot: await shell.call('boot') });
        dispatch({ kind: 'lagged' });
      }),
    /**
     * A passphrase that was mistyped would lock its owner out, so it is typed twice.
     * @param {CreateVault} request
     * @param {string | null} [again]
     */
    createVault: (request, again = request.passphrase) =>
      request.passphrase === again
        ? submit(async () => void (await shell.call('create_vault', request)))
        : dispatch({ kind: 'formFailed', code: 'passphrase-differs' }),
    /** @param {string | null} passphrase Null asks the keyring. */
    unlock: (passphrase) => submit(async () => void (await shell.call('unlock_vault', { passphrase }))),
    setVaultAside: () => submit(async () => void (await shell.call('set_vault_aside'))),
    lock: () => lock(tools),
    lockNow: () => confirm(async () => void (await shell.call('lock_vault'))),
  };
}

/**
 * Locking ends the rooms of a vault that lives in memory, and disconnects who is in hosted ones: that is asked first.
 * @param {Tools} tools
 */
function lock({ store, shell, attempt }) {
  const { vault, rooms } = store.state();
  const hostingOthers = rooms.reduce((sum, room) => sum + (room.hosting?.connected ?? 0), 0);
  if (isInMemory(vault) && rooms.length > 0) {
    store.dispatch({ kind: 'dialogOpened', dialog: { name: 'forget' } });
  } else if (hostingOthers > 0) {
    store.dispatch({ kind: 'dialogOpened', dialog: { name: 'lockHosting', hostingOthers } });
  } else {
    void attempt(async () => void (await shell.call('lock_vault')));
  }
}
