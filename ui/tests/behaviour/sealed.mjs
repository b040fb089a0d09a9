// Messages that can be read once, by mouse and by keyboard; taking back; burning sooner.

import assert from 'node:assert/strict';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

const SECRET = /third stone/u;

/** Everything that the page holds, in whatever form. @param {Page} page */
const source = (page) => page.evaluate(() => document.documentElement.outerHTML);

story('a card is read by holding it with the mouse, and covered by letting go', 'sealed-card', async (page) => {
  assert.doesNotMatch(await source(page), SECRET);
  const face = await page.waitForSelector(hook('card-hold'));
  const box = await face?.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 20, box.y + 10);
  await page.mouse.down();
  await page.waitForSelector(hook('card-text'));
  assert.match(await source(page), SECRET);
  assert.ok(await page.$(hook('card-left')), 'its time runs');
  await page.mouse.up();
  await page.waitForSelector(hook('card-text'), { hidden: true });
  assert.doesNotMatch(await source(page), SECRET, 'covered, it is nowhere on the page');
  await page.mouse.down();
  await page.waitForSelector(hook('card-text'));
  await page.mouse.up();
  assert.equal((await calls(page, 'open_view_once')).length, 1, 'and it was asked for once');
});

story('a card is read by holding Space, and cannot be selected', 'sealed-card', async (page) => {
  await page.focus(hook('card-hold'));
  await page.keyboard.down('Space');
  await page.waitForSelector(hook('card-text'));
  await page.keyboard.up('Space');
  await page.waitForSelector(hook('card-text'), { hidden: true });
  assert.doesNotMatch(await source(page), SECRET);
  assert.equal(await page.$eval(hook('card'), (found) => getComputedStyle(found).userSelect), 'none');
});

story('who cannot hold opens a card with a press, and covers it with another one', 'sealed-card', async (page) => {
  await (await page.waitForSelector(hook('card-keep')))?.press('Enter');
  await page.waitForSelector(hook('card-text'));
  await (await page.waitForSelector(hook('card-keep')))?.press('Enter');
  await page.waitForSelector(hook('card-text'), { hidden: true });
  assert.doesNotMatch(await source(page), SECRET);
});

story('who goes elsewhere while a card is open has closed it for ever', 'sealed-open', async (page) => {
  assert.match(await source(page), SECRET);
  await page.click('[data-test="settings"]');
  await page.waitForSelector(hook('screen-settings'));
  assert.doesNotMatch(await source(page), SECRET);
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-test="card"][data-card="opened"]');
});

story('who has read a card says so, and it is gone at once', 'sealed-open', async (page) => {
  await page.focus(hook('card-done'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-id="20"] [data-test="card"][data-card="opened"]');
  assert.doesNotMatch(await source(page), SECRET);
  assert.notEqual(await focused(page), 'BODY');
});

story('another card opens while the time of the first runs, which ends with that', 'sealed-two', async (page) => {
  assert.match(await source(page), SECRET);
  const face = await page.waitForSelector('[data-id="21"] [data-test="card-hold"]');
  const box = await face?.boundingBox();
  assert.ok(box);
  // The first one had the keyboard: that goes from it with the press on the other.
  await page.focus('[data-id="20"] [data-test="card-hold"]');
  await page.mouse.move(box.x + 20, box.y + 10);
  await page.mouse.down();
  await page.waitForFunction(() => /by the well/u.test(document.body.textContent ?? ''));
  await page.waitForSelector('[data-id="20"] [data-test="card"][data-card="opened"]');
  assert.doesNotMatch(await source(page), SECRET);
  await page.mouse.up();
  await page.waitForSelector(hook('card-text'), { hidden: true });
});

story('only the next message is sealed, or burns sooner, if that is chosen', 'room-normal', async (page) => {
  await page.focus(hook('sealing'));
  await page.keyboard.press('Enter');
  await page.focus(hook('seal-none'));
  await page.keyboard.press('ArrowRight');
  await page.focus(hook('composer'));
  await page.keyboard.type('Once.');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-test="card"][data-card="sealed"]');
  await page.keyboard.type('As usual.');
  await page.keyboard.press('Enter');
  await page.click(hook('sealing'));
  await page.click(hook('fuse-300'));
  await page.focus(hook('composer'));
  await page.keyboard.type('Soon gone.');
  await page.keyboard.press('Enter');
  const sealed = await calls(page, 'send_view_once');
  const once = sealed.map((/** @type {any} */ { text, seconds, fuse }) => [text, seconds, fuse]);
  assert.deepEqual(once, [['Once.', 5, null]]);
  const sent = await calls(page, 'send_message');
  const usual = sent.map((/** @type {any} */ { text, fuse }) => [text, fuse]);
  assert.deepEqual(usual, [['As usual.', null], ['Soon gone.', 300]]);
});

story('an own message is taken back by keyboard', 'room-normal', async (page) => {
  await page.focus('[data-id="9"] [data-test="retract"]');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('retracted'));
  assert.doesNotMatch(await source(page), /north gate at eight/u);
});
