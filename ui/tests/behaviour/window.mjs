// What else a window shows.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, emit, hook, say, story } from './story.mjs';

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

story('each question whether to close is told to the shell, as soon as it is asked', 'room-normal', async (page) => {
  for (let presses = 1; presses <= 2; presses += 1) {
    await emit(page, { kind: 'closeRequested' });
    await page.waitForFunction(
      (count) =>
        /** @type {any} */ (globalThis).fake.calls.filter((/** @type {any} */ { name }) => name === 'asks_to_close')
          .length === count,
      {},
      presses,
    );
    assert.ok(await page.$(`dialog[open]${hook('dialog-close')}`), 'it is on the screen by then');
  }
  // What changes meanwhile draws it again, and is no other question.
  await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say('99', 'meanwhile')] });
  await page.waitForFunction(() => document.body.innerText.includes('meanwhile'));
  assert.equal((await calls(page, 'asks_to_close')).length, 2);
});
