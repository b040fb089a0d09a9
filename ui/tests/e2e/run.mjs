// The real application, as people meet it: real windows, real relays, nothing in between.
//
//   cargo xtask e2e [-- <part of a story's name>]
//
// Every step prints a line. A step that fails leaves a picture and the words of every open window in
// ui/test-output/e2e/failed.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Gallery, output } from './gallery.mjs';
import { Machine } from './machine.mjs';
import { manageWindows } from './screen.mjs';
import { door } from './stories/door.mjs';
import { endings } from './stories/endings.mjs';
import { erasing } from './stories/erasing.mjs';
import { faults } from './stories/faults.mjs';
import { hosted } from './stories/hosted.mjs';
import { keys } from './stories/keys.mjs';
import { lost } from './stories/lost.mjs';
import { mistakes } from './stories/mistakes.mjs';
import { moving } from './stories/moving.mjs';
import { policy } from './stories/policy.mjs';
import { portable } from './stories/portable.mjs';
import { portrait } from './stories/portrait.mjs';
import { relayed } from './stories/relayed.mjs';
import { reorganised } from './stories/reorganised.mjs';
import { sealed } from './stories/sealed.mjs';

/**
 * @typedef {object} Stage What a story plays on.
 * @property {Machine} machine
 * @property {Gallery} gallery
 * @property {<Result>(what: string, act: () => Promise<Result>) => Promise<Result>} step
 */

/** In this order; each can also run alone. @type {Record<string, (stage: Stage) => Promise<void>>} */
const stories = {
  hosted,
  relayed,
  reorganised,
  endings,
  door,
  moving,
  sealed,
  erasing,
  keys,
  mistakes,
  lost,
  faults,
  policy,
  portable,
  portrait,
};

const only = process.argv[2] ?? '';
const chosen = Object.entries(stories).filter(([name]) => name.includes(only));
if (chosen.length === 0) {
  throw new Error(`no story is called like “${only}”; there are ${Object.keys(stories).join(', ')}`);
}

const machine = new Machine();
const gallery = new Gallery();
manageWindows(machine);
let steps = 0;

for (const [name, play] of chosen) {
  console.log(`\n${name}`);
  await play({ machine, gallery, step });
}
const pictures = chosen.length === Object.keys(stories).length ? `${gallery.finish()} pictures` : 'not all pictures';
console.log(`\n${chosen.length} stories, ${steps} steps, ${pictures} in ${output}`);
process.exit(0);

/**
 * @template Result
 * @param {string} what
 * @param {() => Promise<Result>} act
 */
async function step(what, act) {
  const begin = performance.now();
  try {
    const result = await act();
    steps += 1;
    console.log(`  ✓ ${what} (${((performance.now() - begin) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    console.error(`  ✗ ${what}`);
    await evidence();
    throw error;
  }
}

/** What every window shows now. */
async function evidence() {
  const folder = join(output, 'failed');
  mkdirSync(folder, { recursive: true });
  for (const window of machine.windows) {
    try {
      writeFileSync(join(folder, `${window.name}.png`), await window.picture());
      writeFileSync(
        join(folder, `${window.name}.html`),
        await window.session.run(() => document.documentElement.outerHTML),
      );
      console.error(`    ${window.name} sees: ${await window.words()}`);
    } catch (error) {
      console.error(`    ${window.name}'s window does not answer: ${error}`);
    }
  }
}
