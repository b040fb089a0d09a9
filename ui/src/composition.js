// Keys of an input method (IME), which composes characters of several keys.

/**
 * Whether a key is the input method's and not meant for the app: Enter chooses a character there, Escape gives it up.
 * @param {KeyboardEvent} event
 */
export function isOfInputMethod(event) {
  // 229 is what WebKit reports for the key that ends a composition, after isComposing went back to false.
  return event.isComposing || event.keyCode === 229;
}
