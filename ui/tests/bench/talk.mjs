// From pressing Enter in Alice's window to the message painted in Bob's. Run by `cargo xtask bench window`.
//
// Both pages note the time themselves, on the one clock of this machine (milliseconds): the driver's own ways do not
// count. Bob's mark stands after the frame with the text was drawn; so a part of every sample is the wait for a frame,
// which the floor measures alone.

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { firstRun, host, join } from '../e2e/habits.mjs';
import { Machine } from '../e2e/machine.mjs';
import { mayLook, memoryOf } from './processes.mjs';
import { report } from './report.mjs';

const SAMPLES = 120;
const WARM_UP = 20;
const TITLE = 'Press desk';
const ENTER = '\uE007';

/**
 * @typedef {object} Marks What the pages note.
 * @property {number} pressed When Enter was pressed last.
 * @property {(text: string) => Promise<number>} painted When the frame with this text was drawn.
 * @property {() => Promise<number>} frame How long a change took to be drawn.
 */

const machine = new Machine();
const alice = machine.person('Alice');
const bob = machine.person('Bob');
await firstRun(alice, 'correct horse');
const link = await host(alice, { nick: 'Alice', title: TITLE });
await firstRun(bob, 'battery staple');
await join(bob, link, { nick: 'Bob', title: TITLE, people: ['Alice'] });
await alice.window.click('enter');
// WebKit draws nothing for a window that is covered.
await alice.window.session.place({ x: 0, y: 0, width: 640, height: 800 });
await bob.window.session.place({ x: 640, y: 0, width: 640, height: 800 });
for (const { window } of [alice, bob]) await window.session.run(install);

const composer = await alice.window.session.find('[data-test="composer"]');
/** @type {number[]} */
const floor = [];
/** @type {number[]} */
const samples = [];
/** @type {number[]} */
const disk = [];
for (let count = 0; count < WARM_UP + SAMPLES; count += 1) {
  // Not in step with the frames.
  await pause(50 + Math.random() * 100);
  const frame = await bob.window.session.run(() => /** @type {any} */ (window).marks.frame());
  const written = durably();
  const text = `Message ${count} of the evening, about as long as most of them are.`;
  await alice.window.paste('composer', text);
  await alice.window.session.type(composer, ENTER);
  const painted = await bob.window.session.run((said) => /** @type {any} */ (window).marks.painted(said), text);
  const pressed = await alice.window.session.run(() => /** @type {any} */ (window).marks.pressed);
  if (count < WARM_UP) continue;
  floor.push(frame);
  disk.push(written);
  samples.push(painted - pressed);
}
// A message is on three disks when it is drawn: the sender's, the relay's and the receiver's; here they are one.
report('floor: write 256 bytes and fsync', 'ms', disk);
report('floor: a change in Bob’s page to its frame', 'ms', floor);
report('window to window, Enter to painted', 'ms', samples);

if (mayLook) {
  const both = memoryOf(alice.pid());
  await bob.kill();
  report('memory of all processes, in a room', 'MiB', [memoryOf(alice.pid())]);
  report('the same while a second window shares pages', 'MiB', [both]);
}
process.exit(0);

/** How long a small write takes where the rooms are, in milliseconds. */
function durably() {
  const file = openSync(`${machine.folder('disk')}/floor`, 'a');
  const begin = performance.now();
  writeSync(file, Buffer.alloc(256, 7));
  fdatasyncSync(file);
  closeSync(file);
  return performance.now() - begin;
}

/** Runs in the page. */
function install() {
  /** @type {Map<string, number>} */
  const seen = new Map();
  /** @type {Map<string, (at: number) => void>} */
  const waiting = new Map();
  const drawn = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        // The frame is drawn when this function returns; a message is the first thing after it.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(Date.now());
        port2.postMessage(null);
      });
    });
  const note = async (/** @type {string} */ text) => {
    seen.set(text, NaN);
    const at = await drawn();
    seen.set(text, at);
    waiting.get(text)?.(at);
  };
  /** @type {Marks} */
  const marks = {
    pressed: NaN,
    painted: (text) =>
      new Promise((resolve) => (seen.get(text) ? resolve(seen.get(text) ?? NaN) : waiting.set(text, resolve))),
    frame: async () => {
      const begin = Date.now();
      const mark = document.createElement('i');
      mark.textContent = String(begin);
      Object.assign(mark.style, { position: 'fixed', right: '0', bottom: '0' });
      document.documentElement.append(mark);
      const at = await drawn();
      mark.remove();
      return at - begin;
    },
  };
  /** @type {any} */ (window).marks = marks;
  document.addEventListener(
    'keydown',
    ({ key }) => {
      if (key === 'Enter') marks.pressed = Date.now();
    },
    { capture: true },
  );
  new MutationObserver(() => {
    for (const item of [...document.querySelectorAll('[data-test="item-text"]')].slice(-3)) {
      const text = item.textContent?.trim() ?? '';
      if (!seen.has(text)) void note(text);
    }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}
