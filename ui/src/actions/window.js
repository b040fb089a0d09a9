// What lies over the screen or around it: dialogs, drawers, the toast, the look, the window itself.

/**
 * @import { Theme } from '../../generated/api.js'
 * @import { Dialog } from '../state/dialog.js'
 * @import { Drawer } from '../state/drawer.js'
 * @import { Tools } from './run.js'
 */

/** @param {Tools} tools */
export function createWindowActions({ store: { dispatch }, shell, confirm, attempt }) {
  return {
    /** @param {Dialog} dialog */
    openDialog: (dialog) => dispatch({ kind: 'dialogOpened', dialog }),
    closeDialog: () => dispatch({ kind: 'dialogClosed' }),
    /** @param {string} field @param {string} value */
    fillDialog: (field, value) => dispatch({ kind: 'dialogFieldChanged', field, value }),
    /** Something was typed into a field of a dialog whose text is kept out of the state. */
    mendDialog: () => dispatch({ kind: 'dialogMended' }),
    /** @param {Drawer} drawer Null folds the one in that is out. */
    toggleDrawer: (drawer) => dispatch({ kind: 'drawerToggled', drawer }),
    hideToast: () => dispatch({ kind: 'toastHidden' }),
    /** @param {Theme} theme */
    chooseTheme: (theme) =>
      attempt(async () => {
        dispatch({ kind: 'themeChosen', theme });
        await shell.call('set_theme', { theme });
      }),
    closeWindow: () => confirm(async () => void (await shell.call('close_window', { confirmed: true }))),
  };
}
