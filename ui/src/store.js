// One state, one reducer. What the engine tells and what the person does arrive as events; nothing else changes the state.

import { enterRoom, reduceOpenRoom } from './open_room.js';

/**
 * @import { ShellEvent } from './shell.js'
 * @import { OpenRoom, OpenRoomEvent } from './open_room.js'
 * @import { ErrorCode, InvitationPreview, InvitationView, Reorganised, RoomHandle, RoomPreview, RoomSummary, Slip, Snapshot, VaultState, Ways } from '../generated/api.js'
 * @import { Boot } from '../types/shell.js'
 *
 * @typedef {{ name: 'starting' } | { name: 'unlock' } | { name: 'home' } | { name: 'host' } | { name: 'create' }
 *   | { name: 'join', step: 'invitation' | 'where' | 'preview', read: InvitationPreview | null, preview: RoomPreview | null }
 *   | { name: 'invite', room: RoomHandle, fresh: boolean, invitation: InvitationView | null }
 *   | { name: 'room', room: RoomHandle } | { name: 'settings' }} Screen
 *
 * @typedef {{ name: 'leave' | 'remove' | 'stopHosting' | 'renewAddress', room: RoomHandle } | { name: 'verify', room: RoomHandle }
 *   | { name: 'closeHosting', hostingOthers: number } | { name: 'lockHosting', hostingOthers: number } | { name: 'switcher' } | { name: 'forget' }
 *   | { name: 'rejoin', room: RoomHandle, question: Reorganised } | { name: 'stay', room: RoomHandle, question: Reorganised } | { name: 'unvouched', relay: string, pin: string[], inMemory: boolean }} Dialog
 *
 * @typedef {ErrorCode | 'passphrase-differs'} FormError What is wrong with a form: what the engine says, or what nobody but the page can know.
 *
 * @typedef {object} Form What is being filled in on the present screen. Secrets stay in their input and never come here.
 * @property {boolean} busy
 * @property {FormError | null} error
 * @property {Slip | null} slip Where an invitation is wrong, if that was said.
 * @property {Record<string, string>} values
 *
 * @typedef {'system' | 'dark' | 'light'} Theme
 *
 * @typedef {object} State
 * @property {Boot | null} boot
 * @property {VaultState | null} vault
 * @property {RoomSummary[]} rooms
 * @property {string | null} lastAddress
 * @property {Ways | null} ways What opens the vault while it is closed.
 * @property {boolean} stale A new snapshot has to be taken.
 * @property {ShellEvent[] | null} overtaking Changes that came while a snapshot was being taken: they may be newer than it is.
 * @property {Screen} screen
 * @property {OpenRoom | null} open
 * @property {Form} form
 * @property {Dialog | null} dialog
 * @property {Form} dialogForm
 * @property {Record<RoomHandle, string>} drafts
 * @property {'sidebar' | 'people' | null} drawer
 * @property {{ id: string, tone: 'plain' | 'error' } | null} toast The sentence to show for a moment.
 * @property {Theme} theme
 * @property {number} now Unix seconds, moved on by the clock tick that redraws fuses.
 *
 * @typedef {{ kind: 'booted', boot: Boot } | { kind: 'snapshotAsked' } | { kind: 'snapshotTaken', snapshot: Snapshot } | { kind: 'snapshotFailed', code: ErrorCode }
 *   | { kind: 'screenOpened', screen: Screen, values?: Record<string, string> }
 *   | { kind: 'fieldChanged', field: string, value: string } | { kind: 'formStarted' } | { kind: 'formFailed', code: FormError, slip?: Slip | null } | { kind: 'formFinished' }
 *   | { kind: 'dialogOpened', dialog: Dialog } | { kind: 'dialogClosed' } | { kind: 'dialogFieldChanged', field: string, value: string }
 *   | { kind: 'dialogStarted' } | { kind: 'dialogFailed', code: ErrorCode }
 *   | { kind: 'invitationRead', room: RoomHandle, invitation: InvitationView }
 *   | { kind: 'draftChanged', room: RoomHandle, text: string } | { kind: 'drawerToggled', drawer: 'sidebar' | 'people' | null }
 *   | { kind: 'toastShown', id: string, tone: 'plain' | 'error' } | { kind: 'toastHidden' }
 *   | { kind: 'themeChosen', theme: Theme } | { kind: 'ticked', now: number }} UiEvent
 *
 * @typedef {ShellEvent | UiEvent | OpenRoomEvent} AnyEvent
 */

/**
 * @typedef {object} Store
 * @property {() => State} state
 * @property {(event: AnyEvent) => void} dispatch
 * @property {(listener: (state: State, before: State) => void) => void} subscribe
 */

/**
 * @param {number} now Unix seconds.
 * @returns {Store}
 */
export function createStore(now) {
  let state = initialState(now);
  /** @type {((state: State, before: State) => void)[]} */
  const listeners = [];
  return {
    state: () => state,
    dispatch(event) {
      const before = state;
      state = reduce(state, event);
      if (state !== before) for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}

/**
 * @param {number} now Unix seconds.
 * @returns {State}
 */
export function initialState(now) {
  return {
    boot: null,
    vault: null,
    rooms: [],
    lastAddress: null, ways: null,
    stale: false,
    overtaking: null,
    screen: { name: 'starting' },
    open: null,
    form: EMPTY_FORM,
    dialog: null,
    dialogForm: EMPTY_FORM,
    drafts: {},
    drawer: null,
    toast: null,
    theme: 'system',
    now,
  };
}

/**
 * @param {State} state
 * @param {AnyEvent} event
 * @returns {State}
 */
export function reduce(state, event) {
  const next = applied(state, event);
  // Answers and events travel separately. What arrives while an answer is under way is applied again on top of it,
  // or an answer that was computed earlier would undo it.
  const collecting = isRoomEvent(event) && next.overtaking !== null;
  return collecting ? { ...next, overtaking: [...(next.overtaking ?? []), event] } : next;
}

/**
 * @param {State} state
 * @param {AnyEvent} event
 * @returns {State}
 */
function applied(state, event) {
  switch (event.kind) {
    // From the engine
    case 'vaultChanged':
      return isOpen(event.vault) ? { ...state, vault: event.vault, stale: true } : locked(state, event.vault);
    case 'roomChanged':
      return withSummary(state, event.summary);
    case 'roomRemoved':
      return withoutRoom(state, event.room);
    case 'lagged':
      return { ...state, stale: true };

    // From the shell
    case 'closeRequested':
      return opened(state, { name: 'closeHosting', hostingOthers: event.hostingOthers });

    // From the person and from answers to commands
    case 'booted':
      return { ...state, boot: event.boot };
    case 'snapshotAsked':
      return { ...state, stale: false, overtaking: [] };
    case 'snapshotTaken':
      // An answer to a question from before the vault was locked must not bring the rooms back.
      if (state.overtaking === null) return state;
      return whereItCanBe(state.overtaking.reduce(applied, withSnapshot({ ...state, overtaking: null }, event.snapshot)));
    case 'snapshotFailed':
      return state.screen.name === 'starting'
        ? { ...state, overtaking: null, form: { ...state.form, error: event.code } }
        : { ...state, overtaking: null, toast: { id: `error-${event.code}`, tone: 'error' } };
    case 'screenOpened':
      return withScreen(state, event.screen, event.values ?? {});
    case 'fieldChanged':
      return { ...state, form: { ...state.form, error: null, slip: null, values: { ...state.form.values, [event.field]: event.value } } };
    case 'formStarted':
      return { ...state, form: { ...state.form, busy: true, error: null, slip: null } };
    case 'formFailed':
      return { ...state, form: { ...state.form, busy: false, error: event.code, slip: event.slip ?? null } };
    case 'formFinished':
      return { ...state, form: { ...state.form, busy: false, error: null } };
    case 'dialogOpened':
      return opened(state, event.dialog);
    case 'dialogClosed':
      return { ...state, dialog: null, dialogForm: EMPTY_FORM };
    case 'dialogFieldChanged':
      return { ...state, dialogForm: { ...state.dialogForm, values: { ...state.dialogForm.values, [event.field]: event.value } } };
    case 'dialogStarted':
      return { ...state, dialogForm: { ...state.dialogForm, busy: true, error: null } };
    case 'dialogFailed':
      return { ...state, dialogForm: { ...state.dialogForm, busy: false, error: event.code } };
    case 'invitationRead':
      return state.screen.name === 'invite' && state.screen.room === event.room
        ? { ...state, screen: { ...state.screen, invitation: event.invitation } }
        : state;
    case 'draftChanged':
      return { ...state, drafts: { ...state.drafts, [event.room]: event.text } };
    case 'drawerToggled':
      return { ...state, drawer: state.drawer === event.drawer ? null : event.drawer };
    case 'toastShown':
      return { ...state, toast: { id: event.id, tone: event.tone } };
    case 'toastHidden':
      return { ...state, toast: null };
    case 'themeChosen':
      return { ...state, theme: event.theme };
    case 'ticked':
      return { ...state, now: event.now };

    // About the room on the screen, from either side
    case 'peopleChanged':
    case 'itemsChanged':
    case 'itemsRemoved':
    case 'viewAsked':
    case 'roomViewed':
    case 'newestWanted':
    case 'newestAsked':
    case 'newestRead':
    case 'earlierAsked':
    case 'earlierRead':
    case 'earlierFailed':
    case 'endReached':
    case 'roomFailed':
      return inOpenRoom(state, event);
    default:
      throw new Error(`unhandled event: ${/** @type {{ kind: string }} */ (event).kind}`);
  }
}

/** @type {Form} */
const EMPTY_FORM = { busy: false, error: null, slip: null, values: {} };

/** @param {VaultState} vault */
const isOpen = (vault) => vault === 'open' || vault === 'openInMemory';

/**
 * Nothing that was read or written in a room stays in memory once the vault is locked.
 * @param {State} state
 * @param {VaultState} vault
 * @returns {State}
 */
function locked(state, vault) {
  const { boot, theme, now } = state;
  return { ...initialState(now), boot, theme, vault, screen: { name: 'unlock' } };
}

/**
 * @param {State} state
 * @param {Snapshot} snapshot
 * @returns {State}
 */
function withSnapshot(state, snapshot) {
  if (!isOpen(snapshot.vault)) {
    const form = state.screen.name === 'unlock' ? state.form : EMPTY_FORM;
    return { ...locked(state, snapshot.vault), form, ways: snapshot.ways };
  }
  const next = { ...state, ...snapshot };
  if (state.screen.name === 'starting' || state.screen.name === 'unlock') return withScreen(next, { name: 'home' }, {});
  // The listener may have missed lines as well: what is on the screen is read again.
  return next.open === null ? next : { ...next, open: { ...next.open, viewState: 'stale', newestWanted: true } };
}

/**
 * A room that is no longer on this computer cannot stay on the screen.
 * @param {State} state
 * @returns {State}
 */
function whereItCanBe(state) {
  const here = roomOf(state.screen);
  return here === null || state.rooms.some((room) => room.room === here) ? state : withScreen(state, { name: 'home' }, {});
}

/**
 * @param {State} state
 * @param {Screen} screen
 * @param {Record<string, string>} values
 * @returns {State}
 */
function withScreen(state, screen, values) {
  const room = screen.name === 'room' ? screen.room : null;
  const open = room === null ? null : state.open?.room === room ? state.open : enterRoom(room);
  return { ...state, screen, open, form: { ...EMPTY_FORM, values }, dialog: null, dialogForm: EMPTY_FORM, drawer: null };
}

/**
 * @param {State} state
 * @param {RoomSummary} summary
 * @returns {State}
 */
function withSummary(state, summary) {
  const others = state.rooms.filter((room) => room.room !== summary.room);
  const latest = (/** @type {RoomSummary} */ room) => room.lastLine?.at ?? Number.MAX_SAFE_INTEGER;
  return { ...state, rooms: [summary, ...others].toSorted((a, b) => latest(b) - latest(a)) };
}

/**
 * @param {State} state
 * @param {RoomHandle} room
 * @returns {State}
 */
function withoutRoom(state, room) {
  const { [room]: _, ...drafts } = state.drafts;
  const next = { ...state, drafts, rooms: state.rooms.filter((summary) => summary.room !== room) };
  return roomOf(state.screen) === room ? withScreen(next, { name: 'home' }, {}) : next;
}

/**
 * @param {State} state
 * @param {Dialog} dialog
 * @returns {State}
 */
function opened(state, dialog) {
  return { ...state, dialog, dialogForm: EMPTY_FORM };
}

/**
 * What happens in rooms that are not on the screen changes nothing but the list.
 * @param {State} state
 * @param {OpenRoomEvent} event
 * @returns {State}
 */
function inOpenRoom(state, event) {
  if (state.open?.room !== event.room) return state;
  const open = reduceOpenRoom(state.open, event);
  return open === state.open ? state : { ...state, open };
}

/** @param {Screen} screen */
function roomOf(screen) {
  return screen.name === 'room' || screen.name === 'invite' ? screen.room : null;
}

/**
 * @param {AnyEvent} event
 * @returns {event is ShellEvent}
 */
function isRoomEvent(event) {
  return event.kind === 'roomChanged' || event.kind === 'roomRemoved';
}
