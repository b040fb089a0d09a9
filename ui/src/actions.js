// What a person can do. Each action asks the engine and tells the store; none of them decides anything about rooms.

import { PAGE } from './state/lines.js';
import { isInMemory } from './state/vault.js';

/**
 * @import { Shell } from './shell.js'
 * @import { Dialog } from './state/dialog.js'
 * @import { Drawer } from './state/drawer.js'
 * @import { Screen } from './state/events.js'
 * @import { Store } from './state/store.js'
 * @import { Theme } from './state/theme.js'
 * @import { CommandError, CreateVault, ErrorCode, ItemId, RoomHandle, Slip } from '../generated/api.js'
 * @import { InvitationForm } from '../types/shell.js'
 * @typedef {ReturnType<typeof createActions>} Actions
 */

/**
 * @param {Store} store
 * @param {Shell} shell
 */
export function createActions(store, shell) {
  const { dispatch } = store;

  /**
   * Runs what a form asks for; its errors stay beside its fields.
   * @param {() => Promise<void>} work
   */
  async function submit(work) {
    if (store.state().form.busy) return;
    dispatch({ kind: 'formStarted' });
    const { screen } = store.state();
    try {
      await work();
      if (store.state().screen === screen) dispatch({ kind: 'formFinished' });
    } catch (error) {
      dispatch({ kind: 'formFailed', code: codeOf(error), slip: slipOf(error) });
    }
  }

  /**
   * Runs what a dialog confirms; the dialog stays open with the reason if it fails.
   * @param {() => Promise<void>} work
   */
  async function confirm(work) {
    if (store.state().dialog.form.busy) return;
    dispatch({ kind: 'dialogStarted' });
    try {
      await work();
      dispatch({ kind: 'dialogClosed' });
    } catch (error) {
      dispatch({ kind: 'dialogFailed', code: codeOf(error) });
    }
  }

  /**
   * Runs something that has no form; its error is shown for a moment.
   * @param {() => Promise<void>} work
   */
  async function attempt(work) {
    try {
      await work();
    } catch (error) {
      dispatch({ kind: 'toastShown', id: `error-${codeOf(error)}`, tone: 'error' });
    }
  }

  /** @param {Screen} screen @param {Record<string, string>} [values] */
  const open = (screen, values = {}) => dispatch({ kind: 'screenOpened', screen, values });

  /** @param {'host' | 'create' | 'join'} name @param {Record<string, string>} [values] */
  async function openWithNick(name, values = {}) {
    const nick = await shell.call('suggest_nick');
    open(name === 'join' ? { name, step: 'invitation', read: null, preview: null } : { name }, { nick, messageTtl: '86400', maxMembers: '16', ...values });
  }

  const formValue = (/** @type {string} */ field) => store.state().form.values[field] ?? '';

  return {
    retryStart: () => dispatch({ kind: 'lagged' }),
    /** Looks at the folder for data again. */
    retryFolder: () =>
      submit(async () => {
        dispatch({ kind: 'booted', boot: await shell.call('boot') });
        dispatch({ kind: 'lagged' });
      }),
    home: () => open({ name: 'home' }),
    /** One step back: what was typed on the way is kept. */
    back: () => {
      const { screen, form } = store.state();
      if (screen.name === 'invite' && !screen.fresh) open({ name: 'room', room: screen.room });
      else if (screen.name === 'join' && screen.step !== 'invitation') open({ name: 'join', step: 'invitation', read: null, preview: null }, form.values);
      else open({ name: 'home' });
    },
    settings: () => open({ name: 'settings' }),
    room: (/** @type {RoomHandle} */ room) => open({ name: 'room', room }),
    host: () => attempt(() => openWithNick('host')),
    create: () => attempt(() => openWithNick('create', { address: store.state().vault.lastAddress ?? '' })),
    join: () => attempt(() => openWithNick('join', { invitation: '' })),

    field: (/** @type {string} */ field, /** @type {string} */ value) => dispatch({ kind: 'fieldChanged', field, value }),
    dialogField: (/** @type {string} */ field, /** @type {string} */ value) => dispatch({ kind: 'dialogFieldChanged', field, value }),
    dialog: (/** @type {Dialog} */ dialog) => dispatch({ kind: 'dialogOpened', dialog }),
    closeDialog: () => dispatch({ kind: 'dialogClosed' }),
    drawer: (/** @type {Drawer} */ drawer) => dispatch({ kind: 'drawerToggled', drawer }),
    theme: (/** @type {Theme} */ theme) => dispatch({ kind: 'themeChosen', theme }),

    /** Nobody can open the vault again who typed another passphrase than meant. @param {CreateVault} request @param {string | null} [again] */
    createVault: (request, again = request.passphrase) => request.passphrase !== again ? dispatch({ kind: 'formFailed', code: 'passphrase-differs' }) : submit(async () => void (await shell.call('create_vault', request))),
    unlock: (/** @type {string | null} */ passphrase) => submit(async () => void (await shell.call('unlock_vault', { passphrase }))),
    setVaultAside: () => submit(async () => void (await shell.call('set_vault_aside'))),
    /** Locking ends the rooms of a vault that lives in memory, and disconnects who is in hosted ones: that is asked first. */
    lock: () => {
      const { vault, rooms } = store.state();
      const hostingOthers = rooms.reduce((sum, room) => sum + (room.hosting?.connected ?? 0), 0);
      if (isInMemory(vault) && rooms.length > 0) dispatch({ kind: 'dialogOpened', dialog: { name: 'forget' } });
      else if (hostingOthers > 0) dispatch({ kind: 'dialogOpened', dialog: { name: 'lockHosting', hostingOthers } });
      else void attempt(async () => void (await shell.call('lock_vault')));
    },
    lockNow: () => confirm(async () => void (await shell.call('lock_vault'))),

    hostRoom: (/** @type {boolean} */ inMemory) =>
      submit(async () => {
        const room = await shell.call('host_room', { ...roomFields(), inMemory });
        open({ name: 'invite', room, fresh: true, invitation: null });
        await readInvitationOf(room);
      }),
    createRoom: (/** @type {boolean} */ inMemory) => submit(() => createAt(formValue('address').trim(), inMemory)),
    /** The person has compared the key of the relay. @param {{ relay: string, inMemory: boolean }} at */
    trustRelay: ({ relay, inMemory }) => confirm(() => createAt(relay, inMemory)),
    invite: (/** @type {RoomHandle} */ room) => {
      open({ name: 'invite', room, fresh: false, invitation: null });
      return submit(() => readInvitationOf(room));
    },

    readInvitation: () => submit(readInvitation),
    /** Takes what was typed on the home screen along, so that a mistake can be corrected beside its explanation. */
    joinTyped: () =>
      attempt(async () => {
        const invitation = formValue('invitation').trim();
        await openWithNick('join', { invitation });
        if (invitation !== '') await submit(readInvitation);
      }),
    previewRoom: () => submit(() => preview(formValue('address').trim())),
    joinRoom: (/** @type {string | null} */ passphrase, /** @type {boolean} */ inMemory) =>
      submit(async () => {
        const address = formValue('address').trim();
        const request = { invitation: formValue('invitation').trim(), address: address || null, passphrase, nick: formValue('nick').trim(), inMemory };
        const room = await shell.call('join_room', request);
        open({ name: 'room', room });
      }),

    // Whoever pastes a newer invitation of a room has been told that it is somewhere else now.
    openKnown: (/** @type {RoomHandle} */ room) =>
      submit(async () => {
        const { screen } = store.state();
        const invitation = formValue('invitation').trim();
        if (screen.name === 'join' && (screen.read?.addresses.length ?? 0) > 0) await shell.call('relocate_room', { invitation, address: null });
        open({ name: 'room', room });
      }),

    copyInvitation: (/** @type {RoomHandle} */ room, /** @type {InvitationForm} */ form) =>
      attempt(async () => {
        await shell.call('copy_invitation', { room, form });
        dispatch({ kind: 'toastShown', id: 'toast-copied', tone: 'plain' });
      }),
    retry: (/** @type {RoomHandle} */ room) => attempt(async () => void (await shell.call('retry_room', { room }))),
    rejoin: (/** @type {RoomHandle} */ room, /** @type {string} */ branch) => confirm(async () => void (await shell.call('rejoin_room', { room, branch }))),
    stay: (/** @type {RoomHandle} */ room, /** @type {string} */ branch) => confirm(async () => void (await shell.call('stay_in_room', { room, branch }))),
    startHosting: (/** @type {RoomHandle} */ room) => attempt(async () => void (await shell.call('start_hosting', { room }))),
    stopHosting: (/** @type {RoomHandle} */ room) => confirm(async () => void (await shell.call('stop_hosting', { room }))),
    renewAddress: (/** @type {RoomHandle} */ room) =>
      confirm(async () => {
        await shell.call('renew_address', { room });
        await readInvitationOf(room);
      }),
    leave: (/** @type {RoomHandle} */ room) =>
      confirm(async () => {
        const { told } = await shell.call('leave_room', { room });
        if (!told) dispatch({ kind: 'toastShown', id: 'toast-left-untold', tone: 'plain' });
      }),
    remove: (/** @type {RoomHandle} */ room) => confirm(async () => void (await shell.call('remove_room', { room }))),
    closeWindow: () => confirm(async () => void (await shell.call('close_window', { confirmed: true }))),

    draft: (/** @type {RoomHandle} */ room, /** @type {string} */ text) => dispatch({ kind: 'draftChanged', room, text }),
    /** Puts a message that was refused back, behind whatever is being written. */
    editAgain: (/** @type {RoomHandle} */ room, /** @type {string} */ text) => {
      const draft = store.state().drafts[room] ?? '';
      dispatch({ kind: 'draftChanged', room, text: draft === '' ? text : `${draft}\n${text}` });
    },
    send: (/** @type {RoomHandle} */ room) =>
      attempt(async () => {
        const text = store.state().drafts[room] ?? '';
        if (text.trim() === '') return;
        // The field is free at once; the text comes back if the engine does not take it.
        dispatch({ kind: 'draftChanged', room, text: '' });
        try {
          await shell.call('send_message', { room, text });
        } catch (error) {
          const typedSince = store.state().drafts[room] ?? '';
          dispatch({ kind: 'draftChanged', room, text: typedSince === '' ? text : `${text}\n${typedSince}` });
          throw error;
        }
      }),
    withdraw: (/** @type {RoomHandle} */ room, /** @type {ItemId} */ id) => attempt(async () => void (await shell.call('withdraw_message', { room, id }))),
    loadEarlier: (/** @type {RoomHandle} */ room) =>
      attempt(async () => {
        const { timeline: here } = store.state();
        const before = here?.lines?.earlier ?? null;
        if (here?.room !== room || before === null || here.loadingEarlier) return;
        dispatch({ kind: 'earlierAsked', room });
        try {
          dispatch({ kind: 'earlierRead', room, page: await shell.call('page_messages', { room, before, limit: PAGE }) });
        } catch (error) {
          dispatch({ kind: 'earlierFailed', room });
          throw error;
        }
      }),
    endReached: (/** @type {RoomHandle} */ room, /** @type {boolean} */ atEnd) => dispatch({ kind: 'endReached', room, atEnd }),
    hideToast: () => dispatch({ kind: 'toastHidden' }),
    newest: (/** @type {RoomHandle} */ room) => dispatch({ kind: 'newestWanted', room }),
  };

  /** @param {string} relay @param {boolean} inMemory */
  async function createAt(relay, inMemory) {
    const { screen } = store.state();
    const made = await shell.call('create_room', { relay, ...roomFields(), inMemory });
    if (made.kind === 'made') {
      open({ name: 'invite', room: made.room, fresh: true, invitation: null });
      await readInvitationOf(made.room);
    } else if (store.state().screen === screen) {
      dispatch({ kind: 'dialogOpened', dialog: { name: 'unvouched', relay: made.relay, pin: made.pin, inMemory } });
    }
  }

  function roomFields() {
    return { title: formValue('title').trim(), note: formValue('note').trim(), nick: formValue('nick').trim(), messageTtl: Number(formValue('messageTtl')), maxMembers: Number(formValue('maxMembers')) };
  }

  /** @param {RoomHandle} room */
  async function readInvitationOf(room) {
    dispatch({ kind: 'invitationRead', room, invitation: await shell.call('view_invitation', { room }) });
  }

  async function readInvitation() {
    const { values } = store.state().form;
    const read = await shell.call('read_invitation', { invitation: formValue('invitation').trim() });
    if (read.known !== null) {
      open({ name: 'join', step: 'invitation', read, preview: null }, values);
    } else if (read.addresses.length === 0) {
      open({ name: 'join', step: 'where', read, preview: null }, { address: store.state().vault.lastAddress ?? '', ...values });
    } else {
      await preview(null);
    }
  }

  /** @param {string | null} address */
  async function preview(address) {
    const { screen, form } = store.state();
    const found = await shell.call('preview_room', { invitation: formValue('invitation').trim(), address });
    if (store.state().screen !== screen) return;
    const read = screen.name === 'join' ? screen.read : null;
    open({ name: 'join', step: 'preview', read, preview: found }, form.values);
  }
}

/**
 * @param {unknown} error What a command was rejected with.
 * @returns {ErrorCode}
 */
export function codeOf(error) {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return /** @type {ErrorCode} */ (error.code);
  }
  // Not an answer of the engine, so a mistake of ours: whoever looks at the console has to see it.
  console.error(error);
  return 'internal';
}

/**
 * @param {unknown} error What a command was rejected with.
 * @returns {Slip | null} Where an invitation is wrong, if that was said.
 */
function slipOf(error) {
  return typeof error === 'object' && error !== null && 'slip' in error ? /** @type {CommandError} */ (error).slip : null;
}
