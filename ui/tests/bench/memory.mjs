// What the first screen holds in memory, side by side with the smallest window. Run by `cargo xtask bench window`.

import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Machine, setting } from '../e2e/machine.mjs';
import { mayLook, memoryOf } from './processes.mjs';
import { report } from './report.mjs';

const ROUNDS = 5;
/** Long after the last drawing of a start. */
const SETTLED_MS = 4000;

if (!mayLook) {
  console.log('memory of all processes: left out, only root may look at it');
  process.exit(0);
}

const machine = new Machine();
const programs = [setting('CONCLAVE_SMALLEST'), setting('CONCLAVE_SHIPPED')];
/** @type {number[][]} */
const samples = programs.map(() => []);
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [which, program] of programs.entries()) {
    const child = machine.start(program, [], process.env, 'inherit');
    await pause(SETTLED_MS);
    if (child.pid === undefined || child.exitCode !== null) throw new Error(`${program} ended by itself`);
    samples[which]?.push(memoryOf(child.pid));
    machine.end(child);
  }
}
const middle = programs.map((program, which) => {
  const sorted = (samples[which] ?? []).toSorted((a, b) => a - b);
  report(`${which === 0 ? 'floor: ' : ''}memory of all processes, ${basename(program)}`, 'MiB', sorted);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
});
console.log(`${'ratio of the medians'.padEnd(52)} ${((middle[1] ?? NaN) / (middle[0] ?? NaN)).toFixed(2)}`);
process.exit(0);
