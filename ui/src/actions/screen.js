// Going from screen to screen, and filling in what a screen asks.

import { RULES } from '../choices.js';
import { isSpoken } from '../spoken.js';

/**
 * @import { RoomHandle } from '../../generated/api.js'
 * @import { Join, Screen } from '../state/events.js'
 * @import { Store } from '../state/store.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createScreenActions(tools) {
  const { store, shell, attempt } = tools;
  const open = (/** @type {Screen} */ screen) => openScreen(store, screen);

  return {
    goHome: () => open({ name: 'home' }),
    goBack: () => goBack(store),
    openSettings: () => openSettings(store),
    /** @param {RoomHandle} room */
    openRoom: (room) => open({ name: 'room', room }),
    openHost: () =>
      attempt(async () => openWithNick(tools, { name: 'host', reach: await shell.call('hosting_reach') })),
    openCreate: () =>
      attempt(() => openWithNick(tools, { name: 'create' }, { address: store.state().vault.lastAddress ?? '' })),
    openJoin: () => attempt(() => openWithNick(tools, makeJoin(), { invitation: '' })),
    /** @param {string} field @param {string} value */
    fillField: (field, value) => store.dispatch({ kind: 'fieldChanged', field, value }),
    /** Something was typed into a field whose text is kept out of the state. */
    mendForm: () => store.dispatch({ kind: 'formMended' }),
  };
}

/**
 * A step of joining; without an argument the first.
 * @param {Partial<Pick<Join, 'step' | 'read' | 'preview' | 'heard'>>} [at]
 * @returns {Join}
 */
export function makeJoin({ step = 'invitation', read = null, preview = null, heard = null } = {}) {
  return { name: 'join', step, read, preview, heard };
}

/**
 * @param {Store} store
 * @param {Screen} screen
 * @param {Record<string, string>} [values]
 */
export function openScreen(store, screen, values = {}) {
  store.dispatch({ kind: 'screenOpened', screen, values });
}

/**
 * Asks for a number and three words, and takes along what was typed of them.
 * @param {Store} store
 */
export function openSpoken(store) {
  const { form, vault } = store.state();
  const { nick = '', invitation = '', address = vault.lastAddress ?? '' } = form.values;
  const values = { nick, address, invitation: isSpoken(invitation) ? invitation : '' };
  openScreen(store, makeJoin({ step: 'spoken' }), values);
}

/**
 * Opens a screen that asks for a name, with one that nobody has to think of.
 * @param {Tools} tools
 * @param {Screen} screen
 * @param {Record<string, string>} [values]
 */
export async function openWithNick({ store, shell }, screen, values = {}) {
  const nick = await shell.call('suggest_nick');
  openScreen(store, screen, { nick, ...RULES, ...values });
}

/**
 * What was typed into a field of the screen, without blanks around it.
 * @param {Store} store
 * @param {string} field
 */
export function readField(store, field) {
  return (store.state().form.values[field] ?? '').trim();
}

/**
 * They lie over what was there, which is there again afterwards.
 * @param {Store} store
 */
function openSettings(store) {
  const { screen, form } = store.state();
  if (screen.name === 'settings') return;
  // An invitation whose answer is outstanding would not hear it.
  const isOutstanding = screen.name === 'invite' && screen.invitation === null;
  const under = isOutstanding ? /** @type {Screen} */ ({ name: 'room', room: screen.room }) : screen;
  openScreen(store, { name: 'settings', from: { kind: 'screenOpened', screen: under, values: form.values } });
}

/**
 * One step back: what was typed on the way is kept.
 * @param {Store} store
 */
function goBack(store) {
  const { screen } = store.state();
  if (screen.name === 'settings') store.dispatch(screen.from);
  else if (screen.name === 'invite' && !screen.fresh) openScreen(store, { name: 'room', room: screen.room });
  else if (screen.name === 'join' && screen.step !== 'invitation') goBackFrom(store, screen);
  else openScreen(store, { name: 'home' });
}

/**
 * What was handed over once is not let go by one step.
 * @param {Store} store
 * @param {Join} screen
 */
function goBackFrom(store, { step, heard }) {
  const { values } = store.state().form;
  if (heard !== null && step !== 'heard') return openScreen(store, makeJoin({ step: 'heard', heard }), values);
  // The relay that was asked for a number is not where another invitation leads.
  const { address = '', ...others } = values;
  openScreen(store, makeJoin(), step === 'spoken' ? others : { ...others, address });
}
