// One picture per screen, theme and state. Each must show something, and axe must find nothing on it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PNG } from 'pngjs';

/** @import { Window } from './window.mjs' */

const THEMES = /** @type {const} */ (['dark', 'light']);

/**
 * What must exist at the end of a whole run. The settings ask nothing that could fail, so they have no picture of an
 * error.
 */
const EXPECTED = [
  ...['first', 'unlock', 'home', 'host', 'create', 'join', 'where', 'preview', 'invite', 'room'].flatMap((screen) => [
    `${screen}-normal`,
    `${screen}-error`,
  ]),
  'first-differs',
  'settings-normal',
  'verify-normal',
  'leave-normal',
  'remove-normal',
  'stop-hosting-normal',
  'close-hosting-normal',
  'create-rules',
  'owner-locked',
  'invite-locked',
  'preview-locked',
  ...['knocking', 'knocks', 'spoken', 'burned'],
  'remove-member-normal',
  'leave-closes',
  'ended-normal',
  'sealed-choice',
  'sealed-card',
  'retract',
  'reorganised-normal',
  'stay-normal',
  'rejoin-normal',
  'incomplete-normal',
  'folder-no-folder',
  'room-not-served',
  'room-damaged',
  ...['move-room', 'moved-owner', 'moved-member'],
  'portrait',
];

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const output = fileURLToPath(new URL('../../test-output/e2e', import.meta.url));

export class Gallery {
  /** @type {Set<string>} */
  #drawn = new Set();

  constructor() {
    rmSync(output, { recursive: true, force: true });
    mkdirSync(output, { recursive: true });
  }

  /** Draws what the window shows, in both themes. @param {Window} window @param {string} name */
  async draw(window, name) {
    assert.ok(EXPECTED.includes(name), `${name} is a picture that nobody expects`);
    const { session } = window;
    for (const theme of THEMES) {
      await session.run(show, theme);
      const picture = await window.picture();
      writeFileSync(join(output, `${name}.${theme}.png`), picture);
      assert.ok(coloursOf(picture) > 1, `${name} (${theme}) has a single colour`);
      if (!(await session.run(() => 'axe' in window))) await session.inject(axe);
      assert.deepEqual(await session.run(violations), [], `axe on ${name} (${theme})`);
      this.#drawn.add(`${name}.${theme}`);
    }
    await session.run(show, 'system');
  }

  /** Fails unless every picture was drawn. */
  finish() {
    const missing = EXPECTED.flatMap((name) => THEMES.map((theme) => `${name}.${theme}`)).filter(
      (picture) => !this.#drawn.has(picture),
    );
    assert.deepEqual(missing, [], 'pictures are missing');
    return this.#drawn.size;
  }
}

/** Runs in the page: the theme as the settings would set it, and every movement at its end. @param {string} theme */
function show(theme) {
  document.documentElement.dataset['theme'] = theme;
  for (const animation of document.getAnimations()) {
    if (animation.effect?.getComputedTiming().endTime !== Infinity) animation.finish();
  }
}

/** Runs in the page. @returns {Promise<string[]>} */
async function violations() {
  const found = await /** @type {any} */ (window).axe.run(document, {
    resultTypes: ['violations'],
    rules: { region: { enabled: false } },
  });
  return found.violations.flatMap((/** @type {any} */ { id, nodes }) =>
    nodes.map(
      (/** @type {any} */ { target, any }) =>
        `${id}: ${target.join(' ')} ${any.map((/** @type {any} */ { message }) => message).join('; ')}`,
    ),
  );
}

/** @param {Buffer} picture PNG. */
function coloursOf(picture) {
  const { data } = PNG.sync.read(picture);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) colours.add(data.readUInt32LE(at));
  return colours.size;
}
