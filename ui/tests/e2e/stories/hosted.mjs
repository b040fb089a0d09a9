// Alice hosts with one click, Bob joins with her link, her computer loses power, Carol joins later.

import assert from 'node:assert/strict';
import { firstRun, host, join } from '../habits.mjs';

/** @param {import('../run.mjs').Stage} stage */
export async function hosted({ machine, gallery, step }) {
  const alice = machine.person('Alice');
  const bob = machine.person('Bob');

  await step('Alice opens Conclave for the first time and locks it with a passphrase', () => firstRun(alice, 'correct horse'));
  const link = await step('Alice hosts with one click and reads the link from her window', () => host(alice, { nick: 'Alice', title: 'Press desk' }));
  await step('Bob opens Conclave for the first time, in memory only', () => firstRun(bob, null));
  await step('Bob joins with the link, is shown what he enters, and is confirmed', () => join(bob, link, { nick: 'Bob', title: 'Press desk', people: ['Alice'] }));
  await step('both write, and both read it', async () => {
    await alice.window.click('enter');
    await alice.window.say('The documents are in the second folder.');
    await bob.window.hears('The documents are in the second folder.', 'stored');
    await bob.window.say('Got them. Page 14 is missing.');
    await alice.window.hears('Got them. Page 14 is missing.', 'stored');
    await alice.window.hears('The documents are in the second folder.', 'stored');
    await bob.window.hears('Got them. Page 14 is missing.', 'stored');
  });
}
