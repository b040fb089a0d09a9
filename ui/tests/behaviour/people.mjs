// Who is in a room, and who says so.

import assert from 'node:assert/strict';
import { LEGAL, PRESS } from '../world.js';
import { emit, hook, story } from './story.mjs';

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

story('where nothing is known of the others, nothing is said of them', 'room-presence-off', async (page) => {
  const said = () =>
    page.$$eval(hook('member'), (found) =>
      found.map((one) => [one.getAttribute('data-own'), one.querySelector('[data-test="presence"]') !== null]),
    );
  assert.deepEqual(await said(), [['yes', true], ['no', false], ['no', false], ['no', false]]);
  assert.doesNotMatch(await page.$eval(hook('members'), (all) => all.textContent ?? ''), /Away/u);
  await page.evaluate((room) => {
    const { fake } = /** @type {any} */ (globalThis);
    for (const one of fake.world.views[room].people) one.presence = one.own ? 'here' : 'away';
  }, LEGAL);
  await emit(page, { kind: 'peopleChanged', room: LEGAL });
  await page.waitForFunction(() => document.querySelectorAll('[data-test="presence"]').length === 4);
});

story('in a small window the people come first, and everything else can be reached', 'room-normal', async (page) => {
  await page.setViewport({ width: 480, height: 520 });
  await page.click(hook('open-people'));
  const inSight = (/** @type {string} */ selector) =>
    page.$eval(selector, (one) => {
      const box = one.getBoundingClientRect();
      const found = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return found !== null && one.contains(found);
    });
  assert.ok(await inSight(`${hook('members')} li:last-child`), 'all four of them');
  assert.ok(await inSight(hook('close-people')));
  await page.focus(hook('remove'));
  assert.ok(await inSight(hook('remove')));
  assert.ok(await inSight(hook('close-people')), 'it stays while the panel scrolls');
  await page.setViewport({ width: 1280, height: 800 });
  const tops = await page.$$eval('[data-test="verify"], [data-test="members"]', (found) =>
    found.map((one) => one.getBoundingClientRect().top),
  );
  assert.ok((tops[0] ?? 0) < (tops[1] ?? 0), 'where there is room, the words to compare do');
});
