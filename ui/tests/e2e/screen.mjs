// What lies around a window on the screen: the frame that a person grabs, and the clipboard.

import { execFileSync } from 'node:child_process';

/** @import { Machine } from './machine.mjs' */

/** Windows get focus and a close button only where something manages them. @param {Machine} machine */
export function manageWindows(machine) {
  machine.start('matchbox-window-manager', ['-use_titlebar', 'no'], process.env, 'ignore');
}

/** Puts a window on top and gives it the keyboard. @param {number} pid */
export function raise(pid) {
  wmctrl('-i', '-a', windowOf(pid));
}

/** Asks a window to close, as its close button does. @param {number} pid */
export function pressClose(pid) {
  wmctrl('-i', '-c', windowOf(pid));
}

/** What would be pasted now; null where there is nothing. @returns {string | null} */
export function clipboard() {
  try {
    return execFileSync('xclip', ['-selection', 'clipboard', '-out'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10_000,
    });
  } catch (error) {
    const said = String(/** @type {{ stderr?: string }} */ (error).stderr);
    // An empty clipboard has no owner, or one that offers no text.
    if (/target (?:STRING|UTF8_STRING|TEXT) not available/u.test(said)) return null;
    throw error;
  }
}

/** Whether a process has a window on the screen. @param {number} pid */
export function hasWindow(pid) {
  return findWindow(pid) !== undefined;
}

/** @param {number} pid */
function windowOf(pid) {
  const id = findWindow(pid);
  if (id === undefined) throw new Error(`process ${pid} has no window on the screen`);
  return id;
}

/** @param {number} pid */
function findWindow(pid) {
  // The columns are window, desktop, process, computer, title.
  const line = windows().find((entry) => entry.split(/\s+/u)[2] === String(pid));
  return line?.split(' ')[0];
}

/** A line for each window. Listing them fails when one is closed in between; the next list is without it. */
function windows() {
  for (let tries = 1; ; tries += 1) {
    try {
      return wmctrl('-l', '-p').split('\n');
    } catch (error) {
      const said = String(/** @type {{ stderr?: string }} */ (error).stderr);
      if (tries === MOST_TRIES || !said.includes('BadWindow')) throw error;
    }
  }
}

const MOST_TRIES = 5;

/** @param {string[]} args */
function wmctrl(...args) {
  return execFileSync('wmctrl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
}
