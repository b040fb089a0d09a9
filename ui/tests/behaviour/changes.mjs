// What the owner of a room changes later.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) =>
    (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replaceAll(/\s+/gu, ' '),
  );

/** @param {Page} page @param {string} selector */
const readValue = (page, selector) =>
  page.$eval(selector, (field) => /** @type {HTMLInputElement} */ (field).value);

const NOTHING = { title: null, note: null, messageTtl: null, idleTtl: null, maxMembers: null, eraseBy: null };

story('the owner changes title and times with the keyboard, and everybody reads what', 'owner-normal', async (page) => {
  await page.focus(hook('change-room'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-changeRoom'));
  assert.equal(await focused(page), 'field-title');
  assert.equal(await readValue(page, hook('field-title')), 'Press desk', 'it shows what is now');
  assert.equal(await page.$eval(hook('lifetime-86400'), (one) => /** @type {HTMLInputElement} */ (one).checked), true);
  assert.match(await read(page, 'dialog'), /counts for messages written from then on/u);
  await page.keyboard.down('Control');
  await page.keyboard.press('a');
  await page.keyboard.up('Control');
  await page.keyboard.type('Night desk');
  await page.focus(hook('lifetime-86400'));
  await page.keyboard.press('ArrowRight');
  await page.focus(hook('field-title'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-kind="messageTtlChanged"]');
  assert.deepEqual(await calls(page, 'change_room'), [
    { room: PRESS, ...NOTHING, title: 'Night desk', messageTtl: 604800 },
  ]);
  assert.equal(await page.$('dialog'), null);
  assert.equal(await focused(page), 'change-room');
  assert.match(await read(page, hook('timeline')), /You changed the title from “Press desk” to “Night desk”/u);
  assert.match(await read(page, '[data-kind="messageTtlChanged"]'), /from 24 hours to 7 days.*from then on/u);
  assert.equal(await read(page, hook('room-title')), 'Night desk');
});

story('whoever changes nothing asks for nothing, and Escape gives up', 'dialog-change', async (page) => {
  await page.keyboard.type('half a title');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  await page.focus(hook('change-room'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-changeRoom'));
  assert.equal(await readValue(page, hook('field-title')), 'Press desk', 'what was given up is gone');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'change_room'), []);
});

story('what cannot be changed is said beside its field, where the focus is', 'dialog-change-error', async (page) => {
  const told = await page.evaluate(() => {
    const { activeElement } = document;
    const { id } = document.querySelector('[data-code="size-too-small"]') ?? { id: '?' };
    return activeElement?.getAttribute('aria-describedby') === id;
  });
  assert.ok(told, 'a screen reader hears it');
  await page.click(hook('size-256'));
  await page.waitForFunction(() => document.querySelector('[data-code="size-too-small"]') === null);
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('change_room', 'title-too-long'));
  await page.click(hook('confirm'));
  await page.waitForSelector('[data-code="title-too-long"]');
  assert.equal(await focused(page), 'field-title');
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('change_room', 'disk-full'));
  await page.click(hook('confirm'));
  await page.waitForSelector('dialog [data-error][data-code="disk-full"]');
});

story('what the owner ordered while the relay is away is listed until it is done', 'owner-waiting', async (page) => {
  const listed = () => page.$$eval(`${hook('waiting')} li`, (found) => found.map((one) => one.textContent ?? ''));
  assert.equal((await listed()).length, 4);
  assert.match(await read(page, hook('waiting')), /Waits for the relay.*Locking.*Removing Ottilie.*Changing.*Unlock/u);
  await page.click(hook('change-room'));
  await page.waitForSelector(hook('change-waits'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  await page.evaluate((room) => {
    const { fake } = /** @type {any} */ (globalThis);
    fake.world.views[room].waiting = [{ kind: 'remove', member: 'gone' }];
    fake.emit({ kind: 'peopleChanged', room });
  }, PRESS);
  await page.waitForFunction(() => document.querySelectorAll('[data-test="waiting"] li').length === 1);
  assert.match(await read(page, hook('waiting')), /Removing somebody/u);
});

story('members are not offered what only the owner can change', 'member-locked', async (page) => {
  assert.equal(await page.$(hook('change-room')), null);
  assert.equal(await page.$(hook('waiting')), null);
});
