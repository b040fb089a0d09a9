// Reading: where the timeline stands while lines come and go.

import assert from 'node:assert/strict';
import { WINDOW } from '../../src/state/lines.js';
import { PRESS } from '../world.js';
import { emit, hook, say, story } from './story.mjs';

story('the words of somebody who left keep the sign of who said them', 'room-left', async (page) => {
  const hues = await page.$$eval(hook('item'), (lines) =>
    lines
      .filter((line) => line.querySelector('.message__nick')?.textContent === 'Otter')
      .map((line) => /** @type {HTMLElement} */ (line).style.getPropertyValue('--hue')),
  );
  assert.ok(hues.length > 0, 'Otter wrote something');
  assert.deepEqual([...new Set(hues)], ['145']);
});

story('at the end the timeline follows new lines', 'room-normal', async (page) => {
  for (let n = 0; n < 30; n += 1) {
    await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say(String(100 + n), `line ${n}`)] });
  }
  await page.waitForFunction(
    () => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'line 29',
  );
  assert.ok(await page.$eval('[data-scroller]', (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
});

story(
  'reading back, a new line moves nothing and is announced by a button that leads to it',
  'room-large',
  async (page) => {
    const before = await page.$eval('[data-scroller]', (log) => log.scrollTop);
    await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say('99998', 'unseen')] });
    await page.waitForSelector('.pill--new');
    assert.equal(await page.$eval('[data-scroller]', (log) => log.scrollTop), before);
    await page.click(hook('jump-newest'));
    await page.waitForFunction(() => document.querySelector('.pill--new') === null);
    assert.ok(await page.$eval('[data-scroller]', (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60));
  },
);

story(
  'earlier lines load above without moving the line that is read, and the number of lines stays bounded',
  'room-large',
  async (page) => {
    let first = '';
    for (let pages = 0; first !== 'Line 0'; pages += 1) {
      assert.ok(pages < 20, `still at "${first}"`);
      first = await page.$eval(hook('item-text'), (one) => one.textContent ?? '');
      const seen = await page.evaluate(() => {
        const log = /** @type {HTMLElement} */ (document.querySelector('[data-scroller]'));
        log.scrollTop = 200;
        const top = log.getBoundingClientRect().top;
        const found = [...log.querySelectorAll('[data-line]')].find((one) => one.getBoundingClientRect().bottom > top);
        return {
          words: found?.querySelector('.bubble')?.textContent ?? '',
          at: found?.getBoundingClientRect().top ?? 0,
        };
      });
      if (first === 'Line 0') break;
      await page.waitForFunction(
        (known) => document.querySelector('[data-test="item-text"]')?.textContent !== known,
        {},
        first,
      );
      const at = await page.evaluate(
        (words) =>
          [...document.querySelectorAll('[data-line]')]
            .find((one) => one.querySelector('.bubble')?.textContent === words)
            ?.getBoundingClientRect().top,
        seen.words,
      );
      assert.ok(at !== undefined && Math.abs(at - seen.at) < 2, `"${seen.words}" was at ${seen.at} and is at ${at}`);
    }
    assert.ok((await page.$$eval(hook('item'), (found) => found.length)) <= WINDOW);
    assert.equal(await page.$eval(hook('item-text'), (one) => one.textContent), 'Line 0', 'the beginning was reached');
  },
);

story('at the end, the last line stays in sight when the window changes its size', 'room-large', async (page) => {
  const isAtEnd = () => {
    const log = document.querySelector('[data-scroller]');
    return log !== null && log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  };
  await page.$eval('[data-scroller]', (log) => (log.scrollTop = log.scrollHeight));
  await page.waitForFunction(() => document.querySelector('[data-test="jump-newest"]') === null);
  for (const [width, height] of /** @type {const} */ ([[1280, 560], [600, 560], [1280, 800]])) {
    await page.setViewport({ width, height });
    await page.waitForFunction(isAtEnd, { timeout: 3000 });
  }
});

story('reading back, a window that becomes lower stays on its line', 'room-large', async (page) => {
  const at = await page.$eval('[data-scroller]', (log) => (log.scrollTop = log.scrollHeight / 2));
  await page.waitForSelector(hook('jump-newest'));
  await page.setViewport({ width: 1280, height: 560 });
  await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say('99998', 'unseen')] });
  await page.waitForSelector('.pill--new');
  assert.ok(Math.abs((await page.$eval('[data-scroller]', (log) => log.scrollTop)) - at) < 2);
});
