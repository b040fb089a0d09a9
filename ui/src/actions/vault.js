// Opening and locking what holds the rooms.

import { countEnds } from '../state/ends.js';

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
 * Locking ends rooms that are in memory only, and disconnects who is in hosted ones: that is asked first.
 * @param {Tools} tools
 */
function lock({ store, shell, attempt }) {
  const { others, lost } = countEnds(store.state().rooms);
  if (others > 0 || lost > 0) {
    store.dispatch({ kind: 'dialogOpened', dialog: { name: 'lock' } });
  } else {
    void attempt(async () => void (await shell.call('lock_vault')));
  }
}
