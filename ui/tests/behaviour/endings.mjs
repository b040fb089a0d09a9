// A room that ends: what is left of it, and what keeps it.

import assert from 'node:assert/strict';
import { leftOver } from '../scenes/endings.js';
import { LEGAL, PRESS } from '../world.js';
import { calls, emit, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) => (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''));

/** The room ends for everybody. @param {Page} page */
async function end(page) {
  await emit(page, { kind: 'roomChanged', summary: leftOver('closedByOwner') });
  await page.waitForSelector(`[data-room="${LEGAL}"].room-entry--ended`);
}

/** @param {Page} page */
async function openLegal(page) {
  await page.click(`[data-room="${LEGAL}"]`);
  await page.waitForSelector(hook('composer'));
}

story(
  'a room that ends under the hands leaves a card, the keyboard on it, and nothing that was written',
  'room-ending',
  async (page) => {
    assert.equal(await focused(page), 'room-title');
    assert.match(await read(page, 'h1'), /Legal has ended/u);
    assert.equal(await page.$eval(hook('ended-why'), (why) => why.getAttribute('role')), 'alert', 'it is read out');
    assert.match(await read(page, hook('ended')), /Its owner closed it.*but this title.*nobody can prove/su);
    assert.doesNotMatch(await read(page, 'body'), /One more thing|clause four/u);
    assert.equal(await page.$(hook('people')), null);

    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'dismiss');
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('screen-home'));
    assert.deepEqual(await calls(page, 'remove_room'), [{ room: LEGAL }]);
    assert.equal(await page.$(`[data-room="${LEGAL}"]`), null);
  },
);

story('a room that was erased here alone is promised to be gone nowhere else', 'room-ended-here', async (page) => {
  assert.match(await read(page, 'h1'), /You have left Legal/u);
  assert.match(await read(page, hook('ended')), /only here.*they keep everything.*but this title/su);
  assert.doesNotMatch(await read(page, hook('ended')), /has ended|does the same|for everybody/u);
});

story('a room that has ended is opened without asking for what is gone', 'home-normal', async (page) => {
  await page.evaluate((ended) => {
    /** @type {any} */ (globalThis).fake.world.snapshot.rooms[1] = ended;
  }, leftOver('idle'));
  await emit(page, { kind: 'lagged' });
  await page.waitForSelector('.room-entry--ended');
  assert.match(await read(page, `[data-room="${LEGAL}"]`), /Legal.*silence/su);
  await page.focus(`[data-room="${LEGAL}"]`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('ended')}[data-state="idle"]`);
  assert.equal(await focused(page), 'room-title');
  for (const name of ['view_room', 'page_messages']) assert.deepEqual(await calls(page, name), [], name);
});

story('a question about a room goes with it, and one about another room stays', 'home-normal', async (page) => {
  await openLegal(page);
  await page.click(hook('leave'));
  await page.waitForSelector('dialog');
  await end(page);
  await page.waitForSelector(hook('ended'));
  assert.equal(await page.$('dialog'), null);
  assert.equal(await focused(page), 'room-title');

  await page.click(`[data-room="${PRESS}"]`);
  await page.waitForSelector(hook('composer'));
  await page.click(hook('leave'));
  await page.waitForSelector('dialog');
  await end(page);
  assert.ok(await page.$(hook('dialog-leave')));
});

story('nobody is invited into a room that has ended meanwhile', 'home-normal', async (page) => {
  await openLegal(page);
  await page.click(hook('invite'));
  await page.waitForSelector(hook('qr'));
  await end(page);
  await page.waitForSelector(hook('ended'));
  assert.equal(await page.$(hook('qr')), null);
  assert.equal(await focused(page), 'room-title');
});

story('who is elsewhere when a room ends stays there', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('half a thought');
  await end(page);
  assert.equal(await focused(page), 'composer');
  const draft = await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value);
  assert.equal(draft, 'half a thought');
});

story('in a narrow window the list can be reached from a room that has ended', 'room-ended', async (page) => {
  await page.setViewport({ width: 640, height: 520 });
  await page.focus(`main ${hook('open-sidebar')}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.sidebar--open');
  await page.click(`[data-room="${PRESS}"]`);
  await page.waitForSelector(hook('composer'));
});

story(
  'a room in which nobody writes says when it ends, in the list as well, and one key keeps it',
  'room-idle',
  async (page) => {
    assert.match(await read(page, hook('banner')), /ends in 5 hours at the earliest, because nobody has written/u);
    assert.match(await read(page, `[data-room="${LEGAL}"]`), /ends in 5 hours/u);
    const fuses = await page.$$eval('[aria-label^="Ends in"]', (found) => found.length);
    assert.equal(fuses, 2, 'its fuse burns in both places');
    await page.focus(hook('keep-room'));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('[data-test="banner"]') === null);
    assert.deepEqual(await calls(page, 'keep_room'), [{ room: LEGAL }]);
    assert.equal(await focused(page), 'composer', 'one writes on');
  },
);

story('a relay that cannot be reached again comes before the silence', 'room-idle', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const legal = fake.world.snapshot.rooms[1];
    fake.emit({ kind: 'roomChanged', summary: { ...legal, connection: { kind: 'stopped', reason: 'wrongPin' } } });
  });
  await page.waitForSelector(`${hook('banner')}[data-state="fault-wrongPin"]`);
});
