// What an invitation looks like that is read aloud.

/**
 * Whether this begins with a number and goes on with a few words. What is missing or wrong in it says the engine.
 * @param {string} text
 */
export function isSpoken(text) {
  return SPOKEN.test(text);
}

/** Four to six digits (protocol 5), and words with anything between them. */
const SPOKEN = /^[^\p{L}\p{N}]*[1-9]\d{3,5}(?:[^\p{L}\p{N}]+\p{L}+){1,5}[^\p{L}\p{N}]*$/u;
