// The adapter to the shell (src-tauri), and the only file that knows Tauri.

/**
 * @import { Commands, CommandError, Event as EngineEvent } from '../generated/api.js'
 * @import { ShellCommands, WindowEvent } from '../types/shell.js'
 * @typedef {Commands & ShellCommands} AllCommands
 * @typedef {EngineEvent | WindowEvent} ShellEvent
 */

/**
 * @typedef {object} Shell
 * @property {<Name extends keyof AllCommands>(name: Name, ...request: Arguments<Name>) => Promise<Reply<Name>>} call
 *   Runs a command. Rejects with a {@link CommandError}.
 * @property {(listener: (event: ShellEvent) => void) => Promise<void>} subscribe
 *   Delivers every later event, in order. Resolves when nothing can be missed any more.
 */

/**
 * @template {keyof AllCommands} Name
 * @typedef {AllCommands[Name]['request'] extends null ? [] : [AllCommands[Name]['request']]} Arguments
 */

/**
 * @template {keyof AllCommands} Name
 * @typedef {AllCommands[Name]['reply']} Reply
 */

/**
 * What Tauri puts into every window, as far as it is used here.
 * @typedef {object} TauriInternals
 * @property {(command: string, args?: Record<string, unknown>) => Promise<any>} invoke
 * @property {(callback: (message: any) => void, once?: boolean) => number} transformCallback
 * @property {(id: number) => void} unregisterCallback
 *
 * @typedef {{ index: number, message: ShellEvent } | { index: number, end: true }} ChannelMessage
 */

/**
 * The shell of the real window.
 * @returns {Shell}
 */
export function connectTauri() {
  const { __TAURI_INTERNALS__: tauri } = /** @type {{ __TAURI_INTERNALS__: TauriInternals }} */ (
    /** @type {unknown} */ (window)
  );
  return {
    call: (name, ...[request]) => tauri.invoke(name, request ? { request: mend(request) } : {}),
    subscribe: (listener) => tauri.invoke('subscribe', { channel: new Channel(tauri, listener) }),
  };
}

/**
 * A request as UTF-8 can say it. Half a surrogate pair, as of a text that was cut within an emoji, has no form there,
 * and the shell would not know the request.
 * @template {object} Request
 * @param {Request} request
 * @returns {Request}
 */
function mend(request) {
  const fields = Object.entries(request).map(([name, value]) => {
    return [name, typeof value === 'string' ? value.toWellFormed() : value];
  });
  return Object.fromEntries(fields);
}

/**
 * The receiving end of Tauri's `ipc::Channel`: small messages and large ones travel different ways and may overtake
 * each other, so each carries an index and waits for its turn here. The last one carries `end`.
 */
export class Channel {
  /** @type {Map<number, ShellEvent>} */
  #early = new Map();
  #next = 0;
  /** @type {number | null} */
  #end = null;

  /**
   * @param {TauriInternals} tauri
   * @param {(event: ShellEvent) => void} listener
   */
  constructor(tauri, listener) {
    this.id = tauri.transformCallback((/** @type {ChannelMessage} */ raw) => {
      if ('end' in raw) this.#end = raw.index;
      else this.#early.set(raw.index, raw.message);
      this.#deliver(listener);
      if (this.#next === this.#end) tauri.unregisterCallback(this.id);
    });
  }

  /** @param {(event: ShellEvent) => void} listener */
  #deliver(listener) {
    for (;;) {
      const event = this.#early.get(this.#next);
      if (event === undefined) return;
      this.#early.delete(this.#next);
      this.#next += 1;
      // A listener that throws must not hold back later events; the fault still surfaces as uncaught.
      try {
        listener(event);
      } catch (fault) {
        queueMicrotask(() => {
          throw fault;
        });
      }
    }
  }

  // Tauri asks for one or the other, depending on how the message travels.
  __TAURI_TO_IPC_KEY__() {
    return `__CHANNEL__:${this.id}`;
  }

  toJSON() {
    return this.__TAURI_TO_IPC_KEY__();
  }
}
