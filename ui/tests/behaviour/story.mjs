// A scene in a real browser, and what a person does there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from 'puppeteer-core';
import { serve } from '../serve.mjs';
import { item, text } from '../world.js';

/** @import { Browser, Page } from 'puppeteer-core' */

/** @type {Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  server = await serve();
  browser = await launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
});

after(async () => {
  await browser.close();
  server.close();
});

/**
 * @param {string} name
 * @param {string} scene
 * @param {(page: Page) => Promise<void>} act
 * @param {(page: Page) => Promise<unknown>} [prepare] Before the page is opened.
 */
export function story(name, scene, act, prepare) {
  test(name, async () => {
    const page = await browser.newPage();
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.setViewport({ width: 1280, height: 800 });
    await prepare?.(page);
    await page.goto(`${server.address}/tests/harness.html?scene=${scene}`);
    await page.waitForSelector(`html[data-done="${scene}"]`, { timeout: 30_000 });
    await act(page);
    assert.deepEqual(faults, []);
    await page.close();
  });
}

/** @param {string} name */
export const hook = (name) => `[data-test="${name}"]`;

/** What has the focus: the hook around it, or else the tag. @param {Page} page */
export function focused(page) {
  return page.evaluate(() => {
    const { activeElement: found } = document;
    return found?.closest('[data-test]')?.getAttribute('data-test') ?? found?.tagName;
  });
}

/** What a command was asked, each time. @param {Page} page @param {string} name */
export function calls(page, name) {
  return page.evaluate((wanted) => {
    const found = /** @type {any} */ (globalThis).fake.calls.filter((/** @type {any} */ call) => call.name === wanted);
    return found.map((/** @type {any} */ call) => call.request);
  }, name);
}

/** @param {Page} page @param {unknown} event */
export function emit(page, event) {
  return page.evaluate((told) => /** @type {any} */ (globalThis).fake.emit(told), event);
}

/** A line of Otter's. @param {string} id @param {string} words */
export function say(id, words) {
  return { ...item(id, Math.floor(Date.now() / 1000), text('otter', 'Otter', words)), expiresAt: null };
}

/** How webviews tell a key of an input method: while it composes, and WebKit as well the key that ends it. */
export const COMPOSING = [{ isComposing: true }, { keyCode: 229 }];

/** @param {Page} page @param {string} selector @param {string} key @param {KeyboardEventInit} how */
export function pressComposing(page, selector, key, how) {
  const event = { key, bubbles: true, cancelable: true, ...how };
  return page.$eval(selector, (field, told) => field.dispatchEvent(new KeyboardEvent('keydown', told)), event);
}
