// An invitation that is read aloud: saying it.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) =>
    (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replace(/\s+/gu, ' ').trim(),
  );

/** What became of the first one. @param {Page} page @param {object} more */
const become = (page, more) =>
  page.evaluate(
    (room, told) => {
      const { fake } = /** @type {any} */ (globalThis);
      Object.assign(fake.world.views[room].spoken[0], told);
      fake.emit({ kind: 'peopleChanged', room });
    },
    PRESS,
    more,
  );

story('a number and three words are asked for and withdrawn by keyboard', 'invite-spoken', async (page) => {
  assert.match(await read(page, hook('spoken-entry')), /^4172 velvet orbit lemon And where: 192\.168\.1\.20:7443/u);
  await page.focus(hook('speak'));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('[data-test="spoken-entry"]').length === 2);
  assert.equal(await focused(page), 'speak', 'the button is there again');
  assert.deepEqual(await calls(page, 'speak_invitation'), [{ room: PRESS }, { room: PRESS }]);
  for (const left of [1, 0]) {
    await page.focus(hook('withdraw-spoken'));
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (count) => document.querySelectorAll('[data-test="spoken-entry"]').length === count,
      {},
      left,
    );
    assert.equal(await focused(page), 'spoken', 'the focus stays beside what is left');
  }
});

story('what became of it is said, and its words go with its use', 'invite-spoken', async (page) => {
  assert.match(await page.content(), /lemon/u);
  await become(page, { state: 'wrongWords', words: [] });
  await page.waitForSelector(`${hook('spoken-entry')}[data-state="wrongWords"]`);
  assert.match(await read(page, hook('spoken-entry')), /other words\. Nothing was given away/u);
  assert.doesNotMatch(await page.content(), /lemon/u);
  assert.equal(await page.$(hook('spoken-left')), null);
});

story('after three that need a look nothing new is said', 'invite-spoken-most', async (page) => {
  assert.ok(await page.$eval(hook('speak'), (button) => /** @type {HTMLButtonElement} */ (button).disabled));
  assert.match(await read(page, '#spoken-hint'), /Three at once are the most/u);
  await page.focus(hook('withdraw-spoken'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('speak')}:not(:disabled)`);
});

story('a refusal stands beside the button, and the rest stays', 'invite-spoken-error', async (page) => {
  assert.equal(await focused(page), 'error');
  assert.ok(await page.$(hook('invitation-link')));
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.succeed('speak_invitation'));
  await page.focus(hook('speak'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('spoken-entry'));
  assert.equal(await page.$(hook('error')), null);
});

story('into a locked room its owner invites aloud', 'invite-locked', async (page) => {
  assert.equal(await page.$(hook('spoken-locked')), null);
  await page.focus(hook('speak'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('spoken-entry'));
});

story('into a locked room nobody else does', 'invite-for-good', async (page) => {
  assert.match(await read(page, hook('spoken-locked')), /only its owner/u);
  assert.equal(await page.$(hook('speak')), null);
});
