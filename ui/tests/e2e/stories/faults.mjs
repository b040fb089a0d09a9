// The process behind a page dies: the window comes back, and in no case it has to be killed.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstRun, host } from '../habits.mjs';
import { until } from '../wait.mjs';

/** @import { Stage } from '../run.mjs' */

/** How long a window waits for a page that does not ask before it closes, and a little more. */
const PATIENCE_MS = 7000;

/** @param {Stage} stage */
export async function faults({ machine, step }) {
  const noa = machine.person('Noa');
  await step('the process behind Noa’s page dies: it is loaded again, and her room in memory is there', async () => {
    await firstRun(noa, null);
    await host(noa, { nick: 'Noa', title: 'Nowhere else' });
    const before = noa.pages();
    assert.equal(before.length, 1);
    noa.killPages();
    await until('another page', async () => noa.pages().some((id) => !before.includes(id)));
    // The driver's session ended with the page. A page that asks before its window closes knows of the room.
    await sleep(3000);
    noa.window.pressClose();
    await sleep(PATIENCE_MS);
    assert.equal(noa.pages().length, 1, 'it is asked, and nobody has answered');
  });
  await step('it dies again and again, and is left alone: the close button ends the app', async () => {
    await until('a page that is left alone', async () => {
      noa.killPages();
      await sleep(2000);
      return noa.pages().length === 0;
    });
    await noa.ends(async () => noa.window.pressClose());
  });
}
