// What is seen of somebody who writes, and what is told of oneself.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, emit, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) => (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''));

story('others see who writes, and nothing moves for it, nor is it read out', 'room-normal', async (page) => {
  await page.waitForSelector(hook('member'));
  const height = () => page.$eval(hook('timeline'), (log) => log.getBoundingClientRect().height);
  const before = await height();
  const said = [
    [['otter'], 'Otter is typing'],
    [['otter', 'wren'], 'Otter and Wren are typing'],
    [['otter', 'wren', 'lark'], 'Several people are typing'],
    [['nobody-known'], ''],
    [[], ''],
  ];
  for (const [members, words] of said) {
    await emit(page, { kind: 'typingChanged', room: PRESS, members });
    assert.equal(await read(page, hook('typing')), words);
    assert.equal(await height(), before);
  }
  const isLive = await page.$eval(hook('typing'), (line) => line.closest('[aria-live], [role="status"]') !== null);
  assert.equal(isLive, false);
});

story('writing is told while one writes, and once when the field is left', 'room-normal', async (page) => {
  await page.waitForSelector(hook('member'));
  await page.focus(hook('composer'));
  await page.keyboard.type('ha');
  await page.focus(hook('timeline'));
  const told = await calls(page, 'typing');
  assert.deepEqual(told.map((/** @type {any} */ { typing }) => typing), [true, true, false]);
  await page.focus(hook('composer'));
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    () => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'ha',
  );
  assert.equal((await calls(page, 'typing')).length, 3, 'nobody is told twice that it ended');
});

story('whoever does not want that says so where the look is chosen', 'settings-normal', async (page) => {
  const isOn = () => page.$eval(hook('tells-typing'), (box) => /** @type {HTMLInputElement} */ (box).checked);
  assert.equal(await isOn(), true);
  await page.focus(hook('tells-typing'));
  await page.keyboard.press('Space');
  assert.equal(await isOn(), false);
  assert.deepEqual(await calls(page, 'set_tells_typing'), [{ on: false }]);
  await page.keyboard.press('Escape');
  await page.click(`[data-room="${PRESS}"]`);
  await page.waitForSelector(hook('member'));
  await page.focus(hook('composer'));
  await page.keyboard.type('ha');
  assert.deepEqual(await calls(page, 'typing'), []);
});
