// Who is in a room, and who says so.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { emit, story } from './story.mjs';

story('one’s own messages are never marked as a look-alike’s', 'room-lookalike', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    for (const one of fake.world.views['a1b2000000000000'].people) one.ambiguous = true;
  });
  await emit(page, { kind: 'peopleChanged', room: PRESS });
  await page.waitForFunction(() => document.querySelectorAll('[data-test="ambiguous"]').length > 2);
  assert.equal(await page.$$eval('[data-own="yes"] .chip--warn', (found) => found.length), 0);
  assert.ok(await page.$('[data-test="item"][data-own="no"] .chip--warn'), 'those of others are');
});

story('whoever is not connected does not stand in the list as here', 'room-waiting', async (page) => {
  const own = () =>
    page.$eval('[data-test="member"][data-own="yes"] .member__presence', (one) => ({
      said: one.textContent?.trim(),
      isGreen: one.querySelector('.dot--good') !== null,
    }));
  assert.deepEqual(await own(), { said: 'Waiting', isGreen: false });
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const [, , walk] = fake.world.snapshot.rooms;
    fake.emit({ kind: 'roomChanged', summary: { ...walk, connection: { kind: 'online' } } });
  });
  await page.waitForFunction(() => document.querySelector('[data-own="yes"] .dot--good') !== null);
  assert.deepEqual(await own(), { said: 'Here', isGreen: true });
});
