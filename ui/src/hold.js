// What guards something that nothing takes back: it is held for a second, or pressed twice.

/**
 * How far a person has come. Armed: pressed once, and once more does it.
 * @typedef {'idle' | 'holding' | 'armed' | 'busy'} Step
 *
 * @typedef {object} Guarded
 * @property {() => Step} step Where the state says that it is.
 * @property {(step: 'idle' | 'holding' | 'armed') => void} tell
 * @property {() => void} act
 */

/**
 * @param {Guarded} guarded
 * @param {number} armedMs A second press counts within this time.
 */
export function createHold({ step, tell, act }, armedMs = 2000) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stop = () => clearTimeout(timer);
  const wait = (/** @type {() => void} */ then, /** @type {number} */ time) => {
    stop();
    timer = setTimeout(then, time);
  };
  const letGo = () => {
    stop();
    tell('idle');
  };
  return {
    hold: () => {
      // What was let go meanwhile without a word, because its button is gone, is not held.
      wait(() => step() === 'holding' && act(), HOLD_MS);
      tell('holding');
    },
    release: () => {
      if (step() === 'holding') letGo();
    },
    press: () => {
      if (step() === 'armed') return act();
      wait(letGo, armedMs);
      tell('armed');
    },
    letGo,
    stop,
  };
}

const HOLD_MS = 1000;
