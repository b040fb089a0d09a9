// An invitation that is read aloud: listening to it.

import assert from 'node:assert/strict';
import { calls, emit, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

const LINK = /3Q9TX-7KMFA|conclave:\/\//u;

/** Everything on the page, and in its fields. @param {Page} page */
async function everything(page) {
  const fields = await page.$$eval('input, textarea', (found) =>
    found.map((field) => /** @type {HTMLInputElement} */ (field).value).join(' '),
  );
  return `${await page.content()} ${fields}`;
}

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) =>
    (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replace(/\s+/gu, ' ').trim(),
  );

story('what was heard leads into the room, and its link is never shown', 'home-normal', async (page) => {
  await page.type(hook('invitation'), '4172: Velvet, orbit, lemon.');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('hearing-form'));
  assert.equal(await focused(page), 'field-address', 'what was typed is there already');
  assert.equal(await page.$eval('#address', (field) => /** @type {any} */ (field).value), 'relay.example.org');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('preview'));
  const asked = { spoken: '4172: Velvet, orbit, lemon.', address: 'relay.example.org', again: false };
  assert.deepEqual(await calls(page, 'hear_invitation'), [asked]);
  assert.doesNotMatch(await everything(page), LINK);
  assert.doesNotMatch(await everything(page), /lemon/u, 'used up, so no longer there');
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('heard-form'));
  assert.doesNotMatch(await everything(page), LINK);
  await page.click(hook('heard-next'));
  await page.waitForSelector(hook('preview'));
  await page.click(hook('enter-room'));
  await page.waitForSelector(hook('composer'));
  const [joined] = await calls(page, 'join_room');
  assert.match(joined.invitation, LINK);
  assert.equal(joined.address, null, 'the relay that was asked for the number is not where the room is');
});

story('the way there is a button as well, and every field a stop of the keyboard', 'join-normal', async (page) => {
  await page.focus(hook('to-spoken'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('hearing-form'));
  assert.equal(await focused(page), 'field-invitation');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-code="spoken-number"]');
  assert.equal(await focused(page), 'field-invitation');
  await page.keyboard.type('4172 velvet orbit');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-code="spoken-word-count"]');
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('join-form'));
});

story('waiting for the other side can be ended, by button and by Escape', 'hearing-busy', async (page) => {
  assert.match(await read(page, hook('hear')), /Waiting for the other side/u);
  await page.focus(hook('cancel-hearing'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('hear')}:not(:disabled)`);
  assert.match(await read(page, hook('toast')), /Broken off/u);
  assert.equal(await page.$(hook('error')), null, 'what was wanted is no mistake');
  assert.notEqual(await focused(page), 'BODY');
  await page.click(hook('hear'));
  await page.waitForSelector(hook('cancel-hearing'));
  await page.keyboard.press('Escape');
  await page.waitForSelector(`${hook('hear')}:not(:disabled)`);
  assert.equal((await calls(page, 'cancel_hearing')).length, 2);
  assert.ok(await page.$(hook('hearing-form')), 'and nobody is led away');
});

story('whoever goes elsewhere meanwhile ends the waiting', 'hearing-busy', async (page) => {
  await page.click(hook('go-home'));
  await page.waitForSelector(hook('screen-home'));
  assert.equal((await calls(page, 'cancel_hearing')).length, 1);
  assert.equal(await page.$(hook('toast')), null);
});

story('after three wrong ones a person says that the words are new', 'hearing-paused-spoken', async (page) => {
  assert.equal(await focused(page), 'error');
  await page.focus(hook('hearing-again'));
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('preview'));
  const asked = (await calls(page, 'hear_invitation')).map((/** @type {any} */ request) => request.again);
  assert.deepEqual(asked, [false, true]);
});

story('that they are new is said anew after each wrong one', 'hearing-paused-spoken', async (page) => {
  await page.click(hook('hearing-again'));
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('hear_invitation', 'spoken-wrong-words'));
  await page.click(hook('hear'));
  await page.waitForSelector('[data-code="spoken-wrong-words"]');
  assert.equal(await page.$(hook('hearing-again')), null);
  await page.click(hook('hear'));
  await page.waitForFunction(() => /** @type {any} */ (globalThis).fake.calls.length > 0);
  const asked = (await calls(page, 'hear_invitation')).map((/** @type {any} */ request) => request.again);
  assert.deepEqual(asked, [false, true, false]);
});

story('what was handed over is not lost where the room is not reached', 'heard-error-spoken', async (page) => {
  assert.match(await read(page, 'main'), /leads to a room at relay\.example\.org/u);
  assert.equal(await focused(page), 'error');
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.succeed('preview_room'));
  await page.click(hook('heard-next'));
  await page.waitForSelector(hook('preview'));
  assert.equal((await calls(page, 'hear_invitation')).length, 1);
});

story('a room that is here already is opened with what was heard', 'heard-known', async (page) => {
  await page.click(hook('open-known'));
  await page.waitForSelector(hook('screen-room'));
  const [moved] = await calls(page, 'relocate_room');
  assert.match(moved.invitation, LINK);
});

story('a link that was heard opens a locked door no more than another one', 'heard-locked', async (page) => {
  await page.click(hook('knock'));
  await page.waitForSelector(hook('knocking'));
  const [asked] = await calls(page, 'knock_room');
  assert.match(asked.invitation, LINK);
  assert.equal(asked.address, null);
});

story('locking forgets what was heard', 'heard-preview', async (page) => {
  await emit(page, { kind: 'vaultChanged', vault: 'locked' });
  await page.waitForSelector(hook('screen-unlock'));
  assert.doesNotMatch(await everything(page), LINK);
});
