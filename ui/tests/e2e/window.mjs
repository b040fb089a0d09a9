// A person in front of one window: what they see and what they press. Hooks are listed in ../README.md.

import assert from 'node:assert/strict';
import { DriverError } from './driver.mjs';
import { pressClose, raise } from './screen.mjs';
import { until } from './wait.mjs';

/**
 * @import { Session } from './driver.mjs'
 *
 * @typedef {object} Line A line of the timeline.
 * @property {string} id
 * @property {string} text
 * @property {boolean} own
 * @property {string | null} kind Of a system line.
 * @property {string} state `stored` where the window shows none.
 */

/** A driver says this when the page was drawn anew between looking and pressing. */
const MOVED = new Set([
  'stale element reference',
  'no such element',
  'element click intercepted',
  'element not interactable',
  'invalid element state',
]);

const ENTER = '\uE007';
const BACKSPACE = '\uE003';

export class Window {
  #pid;

  /** @param {string} name Whose window. @param {Session} session @param {number} pid */
  constructor(name, session, pid) {
    this.name = name;
    this.session = session;
    this.#pid = pid;
  }

  /** The process that it belongs to. */
  get process() {
    return this.#pid;
  }

  /** Whether the focus is on it. @param {string} test */
  hasFocus(test) {
    return this.session.run((selector) => {
      const { activeElement: active } = document;
      return active !== null && [...document.querySelectorAll(selector)].some((found) => found === active);
    }, selectorOf(test));
  }

  /** Whether anything has the focus. */
  hasAnyFocus() {
    return this.session.run(() => document.activeElement !== null && document.activeElement !== document.body);
  }

  /** What has the focus: its hook, or else what it is. */
  focused() {
    return this.session.run(() => {
      const { activeElement: active } = document;
      return active?.getAttribute('data-test') ?? `${active?.localName}.${active?.className}`;
    });
  }

  /** Puts the window on top, with the keyboard. */
  raise() {
    raise(this.#pid);
  }

  /** Presses the close button of its frame. */
  pressClose() {
    pressClose(this.#pid);
  }

  /** @returns {Promise<Buffer>} What the window shows, as PNG. WebKit draws nothing for a window that is covered. */
  picture() {
    this.raise();
    return this.session.picture();
  }

  /**
   * Waits until something is there.
   * @param {string} test A hook, or a selector if it has brackets.
   * @param {number} [patience]
   */
  async see(test, patience) {
    await this.#until(`${test} in ${this.name}'s window`, () => this.isThere(test), patience);
  }

  /** Waits until something is not there any more. @param {string} test */
  async gone(test) {
    await this.#until(`${test} to go from ${this.name}'s window`, async () => !(await this.isThere(test)));
  }

  /** @param {string} test */
  isThere(test) {
    return this.session.run((selector) => document.querySelector(selector) !== null, selectorOf(test));
  }

  /** Presses something as soon as it can be pressed. @param {string} test */
  async click(test) {
    await this.#until(`${test} to be pressed in ${this.name}'s window`, () =>
      this.#steady(async () => {
        const selector = `:is(${selectorOf(test)}):not(:disabled)`;
        // The driver takes what lies under the strip for what can be seen.
        await this.session.run(
          (found) => document.querySelector(found)?.scrollIntoView({ block: 'nearest' }),
          selector,
        );
        return this.session.click(await this.session.find(selector));
      }),
    );
  }

  /** Replaces what is in a field. @param {string} test @param {string} text */
  async fill(test, text) {
    this.session.needMouse();
    await this.#until(`${test} to take text in ${this.name}'s window`, () =>
      this.#steady(async () => {
        const field = await this.session.find(selectorOf(test));
        await this.session.run((selector) => {
          const found = /** @type {HTMLInputElement} */ (document.querySelector(selector));
          found.focus();
          found.select();
        }, selectorOf(test));
        await this.session.type(field, text === '' ? BACKSPACE : text);
      }),
    );
    assert.equal(await this.value(test), text, `${test} holds what was typed`);
  }

  /** Puts a long text into a field at once, as pasting does. @param {string} test @param {string} text */
  async paste(test, text) {
    this.session.needMouse();
    await this.see(test);
    await this.session.run(
      (selector, pasted) => {
        const field = /** @type {HTMLInputElement} */ (document.querySelector(selector));
        field.focus();
        field.value = pasted;
        field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
      },
      selectorOf(test),
      text,
    );
  }

  /** @param {string} test */
  value(test) {
    return this.session.run(
      (selector) => /** @type {HTMLInputElement | null} */ (document.querySelector(selector))?.value,
      selectorOf(test),
    );
  }

  /** What stands there, without the marks that keep directions apart. @param {string} test */
  async text(test) {
    await this.see(test);
    return this.session.run(
      (selector) => (document.querySelector(selector)?.textContent ?? '').replace(/[\u2066-\u2069]/gu, '').trim(),
      selectorOf(test),
    );
  }

  /** @param {string} test @param {string} attribute */
  attribute(test, attribute) {
    return this.session.run(
      (selector, name) => document.querySelector(selector)?.getAttribute(name),
      selectorOf(test),
      attribute,
    );
  }

  /** Waits for an error, and that it says what to do in a sentence. @param {string} code */
  async complains(code) {
    const test = `[data-test="error"][data-code="${code}"]`;
    await this.#until(`the error ${code} in ${this.name}'s window`, () => this.isThere(test), 90_000);
    const sentence = await this.text(test);
    assert.match(sentence, /\p{L}{2,} .*\.$/u, `${code} has a sentence`);
    assert.ok(!sentence.includes(code), `${code} is not shown as a code`);
    return sentence;
  }

  /** Writes into the open room and sends with Enter. @param {string} text */
  async say(text) {
    await this.fill('composer', text);
    await this.session.type(await this.session.find(selectorOf('composer')), ENTER);
    await this.hears(text);
  }

  /** Waits for a message with this text, in this state. @param {string} text @param {string} [state] */
  async hears(text, state) {
    const what = `“${text}”${state === undefined ? '' : ` in state ${state}`} in ${this.name}'s window`;
    await this.#until(
      what,
      async () =>
        (await this.lines()).some(
          (line) => line.kind === null && line.text === text && (state === undefined || line.state === state),
        ),
      90_000,
    );
  }

  /** Takes a message back that is not gone yet. @param {string} text */
  async withdraw(text) {
    const line = (await this.lines()).find((candidate) => candidate.text === text);
    await this.click(`[data-id="${line?.id}"] [data-test="withdraw"]`);
    await this.#until(`“${text}” to go from ${this.name}'s window`, async () => !(await this.said()).includes(text));
  }

  /** The timeline as it stands. @returns {Promise<Line[]>} */
  lines() {
    return this.session.run(() =>
      [...document.querySelectorAll('[data-test="item"]')].map((item) => ({
        id: item.getAttribute('data-id') ?? '',
        text: (item.querySelector('[data-test="item-text"]') ?? item).textContent?.trim() ?? '',
        own: item.getAttribute('data-own') === 'yes',
        kind: item.getAttribute('data-kind'),
        state: item.querySelector('[data-test="item-state"]')?.getAttribute('data-state') ?? 'stored',
      })),
    );
  }

  /** What was said, in order, without system lines. */
  async said() {
    return (await this.lines()).filter(({ kind }) => kind === null).map(({ text }) => text);
  }

  /** What the whole window says, for a report. */
  words() {
    return this.session.run(() => document.body.innerText.replace(/\s*\n\s*/gu, ' ⏎ ').slice(0, 1500));
  }

  /** @param {string} what @param {() => Promise<boolean>} look @param {number} [patience] */
  #until(what, look, patience) {
    return until(what, look, { detail: () => this.words(), ...(patience === undefined ? {} : { patience }) });
  }

  /** True if it worked, false if the page moved under the hand. @param {() => Promise<void>} act */
  async #steady(act) {
    try {
      await act();
      return true;
    } catch (error) {
      if (error instanceof DriverError && MOVED.has(error.code)) return false;
      throw error;
    }
  }
}

/** @param {string} test */
function selectorOf(test) {
  return test.includes('[') ? test : `[data-test="${test}"]`;
}
