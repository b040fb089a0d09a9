// Waiting: always bounded, and the complaint says for what.

/** A computer under load may take its time; a person would have given up by then. */
const PATIENCE_MS = 45_000;
const PAUSE_MS = 40;

/**
 * Looks again and again until there is an answer.
 * @template Answer
 * @param {string} what Ends the sentence "waited in vain for …".
 * @param {() => Answer | Promise<Answer>} look Null, undefined and false mean: not yet.
 * @param {{ patience?: number, detail?: () => unknown }} [options] `detail` says, or promises, what there was instead.
 * @returns {Promise<NonNullable<Exclude<Answer, false>>>}
 */
export async function until(what, look, { patience = PATIENCE_MS, detail } = {}) {
  const end = performance.now() + patience;
  for (;;) {
    const answer = await look();
    if (answer !== null && answer !== undefined && answer !== false) return /** @type {any} */ (answer);
    if (performance.now() > end) {
      const instead = detail === undefined ? '' : `; instead: ${JSON.stringify(await detail())}`;
      throw new Error(`waited in vain for ${what} (${patience / 1000} s)${instead}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
