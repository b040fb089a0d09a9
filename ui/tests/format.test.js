import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countBytes } from '../src/format.js';

test('bytes are those of UTF-8, also where a text was cut within a character', () => {
  const edges = '\u007f\u0080\u07ff\u0800\uffff\u{10000}';
  for (const text of ['', 'plain', 'Zürich', '東京', '🔥 twice 🔥', 'cut \ud83d', '\udd25 cut', edges]) {
    assert.equal(countBytes(text), new TextEncoder().encode(text).length, text);
  }
});
