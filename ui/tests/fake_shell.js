// A shell in memory, with an engine behind it, for tests and for looking at the UI in any browser. Never shipped.

import { FakeCommands } from './fake_commands.js';
import { failure } from './fake_door.js';

/**
 * @import { ErrorCode } from '../generated/api.js'
 * @import { AllCommands, Shell, ShellEvent } from '../src/shell.js'
 * @import { World } from './world.js'
 */

/** A shell whose commands can be made to fail, to hang or to take time, and that tells what it is told to tell. */
export class FakeShell {
  /** @type {((event: ShellEvent) => void)[]} */
  #listeners = [];
  /** @type {Map<keyof AllCommands, ErrorCode>} */
  #failing = new Map();
  /** @type {Set<keyof AllCommands>} */
  #hanging = new Set();
  /** @type {Set<keyof AllCommands>} */
  #slow = new Set();
  #commands;
  /** Every call, in order. @type {{ name: keyof AllCommands, request: unknown }[]} */
  calls = [];

  /** @param {World} world */
  constructor(world) {
    this.world = world;
    this.#commands = new FakeCommands(world, (event) => this.emit(event));
  }

  /** @param {keyof AllCommands} name @param {ErrorCode} code */
  fail(name, code) {
    this.#failing.set(name, code);
  }

  /** @param {keyof AllCommands} name */
  succeed(name) {
    this.#failing.delete(name);
  }

  /** @param {keyof AllCommands} name */
  hang(name) {
    this.#hanging.add(name);
  }

  /** As with a network in between. @param {keyof AllCommands} name */
  slow(name) {
    this.#slow.add(name);
  }

  /** @param {ShellEvent} event */
  emit(event) {
    for (const listener of this.#listeners) listener(event);
  }

  /** @returns {Shell} */
  shell() {
    return {
      call: async (name, ...request) => {
        this.calls.push({ name, request: request[0] ?? null });
        if (this.#hanging.has(name)) return new Promise(() => {});
        if (this.#slow.has(name)) await new Promise((resolve) => setTimeout(resolve, 200));
        const code = this.#failing.get(name);
        if (code !== undefined) throw failure(code);
        return structuredClone(await /** @type {any} */ (this.#commands)[name](request[0] ?? null));
      },
      subscribe: async (listener) => void this.#listeners.push((event) => listener(structuredClone(event))),
    };
  }
}
