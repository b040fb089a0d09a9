// A person who has no mouse: Tab, Enter, Space, arrows, and typing. Where the focus is, is only looked at.

import { raise } from './screen.mjs';
import { until } from './wait.mjs';

/**
 * @import { Window } from './window.mjs'
 * @typedef {{ type: 'keyDown' | 'keyUp', value: string } | { type: 'pause', duration: number }} Stroke
 */

/** How the protocol names keys (W3C WebDriver, section 17.4.2). */
export const KEYS = {
  tab: '\uE004',
  enter: '\uE007',
  space: ' ',
  shift: '\uE008',
  control: '\uE009',
  backspace: '\uE003',
  left: '\uE012',
  right: '\uE014',
  up: '\uE013',
  down: '\uE015',
  escape: '\uE00C',
};

/** More stops than any screen has. */
const STOPS = 120;

export class Keyboard {
  #window;

  /** @param {Window} window */
  constructor(window) {
    this.#window = window;
    window.session.takeMouse();
  }

  /** Presses keys together, and lets them go. @param {string[]} keys */
  async press(...keys) {
    await this.#strike(chord(keys));
  }

  /** Presses one chord after the other, faster than anything answers. @param {string[][]} chords */
  async strikeInOneGo(...chords) {
    await this.#strike(chords.flatMap(chord));
  }

  /** Keeps a key down while something is looked at. @param {string} key @param {() => Promise<void>} look */
  async hold(key, look) {
    await this.#strike([{ type: 'keyDown', value: key }]);
    try {
      await look();
    } finally {
      await this.#strike([{ type: 'keyUp', value: key }]);
    }
  }

  /** Keeps a key down for so long, and lets it go. @param {string} key @param {number} duration In milliseconds. */
  async holdFor(key, duration) {
    await this.#strike([{ type: 'keyDown', value: key }, { type: 'pause', duration }, { type: 'keyUp', value: key }]);
  }

  /** Types into what has the focus. @param {string} text */
  async type(text) {
    await this.#strike([...text].flatMap((sign) => chord([sign])));
  }

  /** Replaces what stands in the field that has the focus. @param {string} text */
  async retype(text) {
    await this.press(KEYS.control, 'a');
    if (text === '') await this.press(KEYS.backspace);
    else await this.type(text);
  }

  /**
   * Tabs on to something, as soon as it is there.
   * @param {string} test A hook, or a selector if it has brackets.
   */
  async to(test) {
    await this.#window.see(test);
    await this.#walk(test, [KEYS.tab]);
  }

  /** Tabs back to something. @param {string} test */
  async backTo(test) {
    await this.#window.see(test);
    await this.#walk(test, [KEYS.shift, KEYS.tab]);
  }

  /** Goes to something and presses it. @param {string} test */
  async enter(test) {
    await this.to(test);
    await this.press(KEYS.enter);
  }

  /** Goes to something and presses it by Space, as boxes that are ticked need. @param {string} test */
  async space(test) {
    await this.to(test);
    await this.press(KEYS.space);
  }

  /** Goes to a field and fills it. @param {string} test @param {string} text */
  async fill(test, text) {
    await this.to(test);
    await this.retype(text);
    await until(`${test} to hold what was typed`, async () => (await this.#window.value(test)) === text, {
      detail: () => this.#window.value(test),
    });
  }

  /** Writes into the open room and sends with Enter. @param {string} text */
  async say(text) {
    await this.fill('composer', text);
    await this.press(KEYS.enter);
    await this.#window.hears(text);
  }

  /** Waits until the window has put the focus there by itself. @param {string} test */
  async isAt(test) {
    await until(`the focus on ${test} in ${this.#window.name}'s window`, () => this.#window.hasFocus(test), {
      detail: () => this.#window.focused(),
    });
  }

  /** The focus is somewhere that can be seen, after what it was on has gone. */
  async isSomewhere() {
    await until(`the focus to be somewhere in ${this.#window.name}'s window`, () => this.#window.hasAnyFocus(), {
      detail: () => this.#window.words(),
    });
  }

  /** @param {string} test @param {string[]} keys */
  async #walk(test, keys) {
    /** @type {string[]} */
    const passed = [];
    for (let stop = 0; stop < STOPS; stop += 1) {
      if (await this.#window.hasFocus(test)) return;
      await this.press(...keys);
      passed.push(await this.#window.focused());
    }
    throw new Error(`no key leads to ${test} in ${this.#window.name}'s window, but to ${passed.join(', ')}`);
  }

  /** @param {Stroke[]} strokes */
  async #strike(strokes) {
    raise(this.#window.process);
    await this.#window.session.strike(strokes);
  }
}

/** @param {string[]} keys @returns {Stroke[]} */
export function chord(keys) {
  return [
    ...keys.map((value) => ({ type: /** @type {const} */ ('keyDown'), value })),
    ...keys.toReversed().map((value) => ({ type: /** @type {const} */ ('keyUp'), value })),
  ];
}
