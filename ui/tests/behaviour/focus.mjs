// Where the keyboard is when what had it is gone.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, emit, focused, hook, say, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** Waits until the window has drawn what came. @param {Page} page */
const drawn = (page) => page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));

/** @param {Page} page @param {string} test */
async function enter(page, test) {
  await page.focus(hook(test));
  await page.keyboard.press('Enter');
}

for (const [drawer, button] of /** @type {const} */ ([['people', 'open-people'], ['sidebar', 'open-sidebar']])) {
  story(`a folded in drawer gives the focus back to what opened it: ${drawer}`, 'room-normal', async (page) => {
    await page.setViewport({ width: 640, height: 520 });
    await enter(page, `${button}`);
    assert.ok(await page.evaluate((name) => document.activeElement?.closest(`[data-drawer="${name}"]`), drawer));
    await page.keyboard.press('Escape');
    await drawn(page);
    assert.equal(await focused(page), button);
    await page.click(hook(button));
    await page.click('.scrim', { offset: { x: drawer === 'people' ? 4 : 630, y: 300 } });
    await drawn(page);
    assert.equal(await focused(page), button, 'after a press beside it as well');
  });
}

story('a room that is chosen again in the drawer is written in', 'room-normal', async (page) => {
  await page.setViewport({ width: 640, height: 520 });
  await enter(page, 'open-sidebar');
  await page.focus(`[data-room="${PRESS}"]`);
  await page.keyboard.press('Enter');
  await drawn(page);
  assert.equal(await focused(page), 'composer');
});

story('a question gives the focus back to a button that was disabled meanwhile', 'create-unvouched', async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.slow('create_room'));
  await enter(page, 'create-room');
  await page.waitForSelector(hook('pin'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'create-room');
});

story('whoever withdraws a message, or tries now, writes on', 'room-waiting', async (page) => {
  await enter(page, 'withdraw');
  await page.waitForFunction(() => document.querySelector('[data-test="withdraw"]') === null);
  assert.equal(await focused(page), 'composer');
  await enter(page, 'retry-room');
  await page.waitForFunction(() => document.querySelector('[data-test="retry-room"]') === null);
  assert.equal(await focused(page), 'composer');
});

story('stopping leads to starting, and starting to stopping', 'room-normal', async (page) => {
  await enter(page, 'stop-hosting');
  await page.waitForSelector(hook('confirm'));
  await enter(page, 'confirm');
  await page.waitForSelector(hook('start-hosting'));
  assert.equal(await focused(page), 'start-hosting');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('stop-hosting'));
  assert.equal(await focused(page), 'stop-hosting');
});

story('starting leads to writing in a room, and to its panel beside an invitation', 'room-normal', async (page) => {
  const stop = () =>
    page.evaluate(() => {
      const { fake } = /** @type {any} */ (globalThis);
      fake.world.snapshot.rooms[0].hosting.state = 'stopped';
      fake.emit({ kind: 'roomChanged', summary: fake.world.snapshot.rooms[0] });
    });
  await stop();
  await page.waitForSelector(hook('hosting-details'));
  await enter(page, 'hosting-details');
  await page.waitForFunction(() => document.querySelector('[data-test="hosting-details"]') === null);
  assert.equal(await focused(page), 'composer');
  await page.click(hook('invite'));
  await page.waitForSelector(hook('hosting'));
  await stop();
  await page.waitForSelector(hook('start-hosting'));
  await enter(page, 'start-hosting');
  await page.waitForFunction(() => document.querySelector('[data-test="start-hosting"]') === null);
  assert.equal(await focused(page), 'hosting');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H2');
});

story('earlier messages take nobody back up to the button that asked for them', 'room-large', async (page) => {
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.slow('page_messages'));
  const count = async () => (await calls(page, 'page_messages')).length;
  const before = await count();
  await page.focus(hook('load-earlier'));
  await page.waitForFunction(() => document.querySelector('[data-test="load-earlier"]:disabled') !== null);
  await page.waitForFunction(() => document.querySelector('[data-test="load-earlier"]:enabled') !== null);
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 900)));
  assert.equal(await focused(page), 'load-earlier');
  assert.equal(await count(), before + 1, 'one page was asked for');
});

story('what somebody left for nothing does not take the focus back', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.$eval(hook('composer'), (field) => /** @type {HTMLElement} */ (field).blur());
  await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say('100', 'meanwhile')] });
  await drawn(page);
  assert.equal(await focused(page), 'BODY');
});
