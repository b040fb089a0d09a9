// What a program and everything that it started hold in memory.

import { readFileSync, readdirSync } from 'node:fs';

/**
 * The proportional set size (PSS): pages that several processes share count once, in parts.
 * @param {number} root A process; its descendants are counted with it.
 * @returns {number} MiB
 */
export function memoryOf(root) {
  const kilobytes = familyOf(root).map((id) => {
    const found = /^Pss:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'));
    if (found === null) throw new Error(`the system does not say what process ${id} holds`);
    return Number(found[1]);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/** Conclave switches debugging off for itself, so that only root may look. */
export const mayLook = process.getuid?.() === 0;

/** @param {number} root */
function familyOf(root) {
  const parents = new Map(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/u.test(entry))
      .map((id) => [Number(id), parentOf(id)]),
  );
  const family = [root];
  // Grows while it is walked.
  for (const member of family) family.push(...[...parents].filter(([, parent]) => parent === member).map(([id]) => id));
  return family;
}

/** @param {string} id */
function parentOf(id) {
  try {
    // The name in brackets may hold anything; after it come the state and the parent (proc_pid_stat(5)).
    return Number(readFileSync(`/proc/${id}/stat`, 'utf8').replace(/^.*\) \S /su, '').split(' ')[0]);
  } catch {
    // It ended between listing and reading.
    return null;
  }
}
