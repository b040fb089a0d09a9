// Lines like those of the other benchmarks.

/**
 * @param {string} what
 * @param {string} unit
 * @param {number[]} samples
 */
export function report(what, unit, samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ percent) => {
    const sample = sorted[Math.floor(((sorted.length - 1) * percent) / 100)] ?? NaN;
    return sample.toFixed(1).padStart(6);
  };
  const spread = `p25 ${at(25)}  p75 ${at(75)}  p95 ${at(95)}  min ${at(0)}  max ${at(100)}`;
  console.log(`${what.padEnd(52)} p50 ${at(50)} ${unit}  ${spread}  (${samples.length} samples)`);
}
