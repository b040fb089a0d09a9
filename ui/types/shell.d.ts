// Types of the shell's own commands and events (src-tauri/commands/shell.rs, src-tauri/events.rs).

import type { RoomHandle } from '../generated/api.js';

/**
 * What the UI needs before it can draw anything.
 */
export type Boot = {
  /**
   * The language of `strings`.
   */
  locale: string,
  /**
   * Every visible sentence, as Fluent text.
   */
  strings: string,
  /**
   * The app runs from a folder of its own, such as a USB stick, and writes nowhere else.
   */
  portable: boolean,
  /**
   * The system's keyring can be used.
   */
  keyring: boolean,
  /**
   * Where data lives, for a person to read.
   */
  dataFolder: string,
  /**
   * Why the folder cannot be used; looked at with every call.
   */
  trouble: FolderTrouble | null,
  /**
   * The app's version.
   */
  version: string,
  /**
   * The system, for keys and words that differ.
   */
  platform: Platform,
};

/**
 * Why the folder for data cannot be used: something else has its name, its disk is write-protected, this user may not write there,
 * the disk is full, or fails.
 */
export type FolderTrouble =
  | "notAFolder"
  | "readOnly"
  | "denied"
  | "full"
  | "disk";

/**
 * The systems that the shell runs on.
 */
export type Platform =
  | "linux"
  | "windows"
  | "macos";

/**
 * Which form of an invitation goes to the clipboard.
 */
export type InvitationForm =
  | "link"
  | "code"
  | "words"
  | "address";

/**
 * Puts an invitation on the clipboard; it is cleared after a minute if it is still there.
 */
export type CopyInvitation = {
  /**
   * The room.
   */
  room: RoomHandle,
  /**
   * Which form.
   */
  form: InvitationForm,
};

/**
 * Closes the window.
 */
export type CloseWindow = {
  /**
   * The person knows what this does to the people in hosted rooms.
   */
  confirmed: boolean,
};

/**
 * Whether the window closes.
 */
export type WindowClosing = {
  /**
   * It does.
   */
  closed: boolean,
};

/**
 * Keeps the window out of captures of the screen.
 */
export type ProtectWindow = {
  /**
   * Something is open that can be read once.
   */
  on: boolean,
};

/**
 * What happens to the window, which only the shell can tell.
 */
export type WindowEvent =
  /**
   * Somebody pressed the window's close button while others are connected to rooms of this computer, or while rooms are in
   * memory only.
   */
  | { kind: "closeRequested" };

/**
 * The shell's commands, beside those of the engine.
 */
export type ShellCommands = {
  /**
   * What the UI needs before it can draw anything.
   */
  boot: { request: null, reply: Boot },
  /**
   * The first screen is drawn: show the window.
   */
  ready: { request: null, reply: null },
  /**
   * The question whether to close is on the screen: the window waits for its answer. Without this it closes.
   */
  asks_to_close: { request: null, reply: null },
  /**
   * Puts an invitation on the clipboard; it is cleared after a minute if it is still there.
   */
  copy_invitation: { request: CopyInvitation, reply: null },
  /**
   * Closes the window.
   */
  close_window: { request: CloseWindow, reply: WindowClosing },
  /**
   * Keeps the window out of captures of the screen, where the system can, or lets it be captured again.
   */
  protect_window: { request: ProtectWindow, reply: null },
};
