// What else a window shows.

import assert from 'node:assert/strict';
import { calls, hook, story } from './story.mjs';

story('the chosen appearance wins over the system', 'settings-normal', async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.click(hook('theme-dark'));
  const dark = await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark').then(ground);
  await page.click(hook('theme-light'));
  const light = await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light').then(ground);
  assert.notEqual(dark, light);
  assert.deepEqual(await calls(page, 'set_theme'), [{ theme: 'dark' }, { theme: 'light' }]);
});

story('a room whose file could not be read opens when it can', 'room-unreadable', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const again = { ...fake.world.snapshot.rooms[1], phase: 'open' };
    for (const command of ['view_room', 'page_messages']) fake.succeed(command);
    // The engine tells that the room is open before it answers.
    fake.emit({ kind: 'roomChanged', summary: again });
  });
  await page.click(hook('retry'));
  await page.waitForSelector(hook('composer'));
  assert.equal(await page.$(hook('banner')), null);
  assert.equal(await page.$(hook('error')), null, 'what was wrong is not said any more');
});

story(
  'a title that is too long for its place is cut at its end, in whatever direction it is read',
  'room-title-rtl',
  async (page) => {
    for (const [title, width] of /** @type {const} */ ([
      [`${hook('room')} b`, 1280],
      [hook('room-title'), 400],
    ])) {
      await page.setViewport({ width, height: 800 });
      const place = await page.$eval(title, (shown) => {
        const range = document.createRange();
        const text = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT).nextNode();
        if (text === null) throw new Error('no text');
        range.setStart(text, 0);
        range.setEnd(text, 1);
        const [begin, box] = [range.getBoundingClientRect(), shown.getBoundingClientRect()];
        return {
          cut: shown.scrollWidth > shown.clientWidth,
          begin: begin.left >= box.left - 1 && begin.right <= box.right + 1,
        };
      });
      assert.deepEqual(place, { cut: true, begin: true }, title);
    }
  },
);
