// Knocking at a locked room, from outside.

import assert from 'node:assert/strict';
import { LEGAL } from '../world.js';
import { OUTSIDE } from '../scenes/knock.js';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} test */
const read = (page, test) =>
  page.$eval(hook(test), (found) => (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replace(/\s+/gu, ' '));

/** How the room outside which one stands is now. @param {Page} page @param {object} more */
const become = (page, more) =>
  page.evaluate(
    (told, outside, inside) => {
      const { fake } = /** @type {any} */ (globalThis);
      const room = fake.world.snapshot.rooms.find((/** @type {any} */ one) => one.room === outside);
      Object.assign(room, told);
      fake.world.views[outside] = { ...fake.world.views[inside], summary: room };
      fake.emit({ kind: 'roomChanged', summary: room });
    },
    more,
    OUTSIDE,
    LEGAL,
  );

story('who finds the door locked knocks with a name and a note, by keyboard', 'preview-locked', async (page) => {
  const shown = await page.$eval('main', (main) => main.textContent ?? '');
  assert.doesNotMatch(shown, /Press desk|Wren/u, 'nothing is shown that is not known');
  assert.equal(await page.$(hook('field-passphrase')), null, "the owner's decision stands in for it");
  await page.focus(hook('field-nick'));
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'field-knock-note');
  await page.keyboard.type('x'.repeat(121));
  assert.equal(await page.$(hook('counter')), null);
  await page.keyboard.type('é👋🏽');
  assert.match(await read(page, 'counter'), /Room for 16 more/u, 'characters count, not bytes');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('knocking'));
  const invitation = 'conclave://192.168.1.20:7443/#3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S';
  const note = `${'x'.repeat(121)}é👋🏽`;
  const asked = { invitation, address: null, token: null, nick: 'Heron', note, inMemory: true };
  assert.deepEqual(await calls(page, 'knock_room'), [asked]);
  assert.equal(await focused(page), 'room-title');
  assert.match(await read(page, 'knocking-words'), /ember.*lantern.*pepper.*north/u);
  assert.equal((await calls(page, 'view_room')).length, 0, 'from outside nothing is read');
  for (const inside of ['composer', 'people', 'invite']) assert.equal(await page.$(hook(inside)), null, inside);
});

story('what was typed is kept where a knock is refused', 'preview-knock-long', async (page) => {
  assert.equal(await focused(page), 'field-knock-note');
  assert.match(await read(page, 'counter'), /Too long by/u);
  await page.keyboard.type('.');
  await page.waitForFunction(() => document.querySelector('[data-code]') === null);
  const typed = await page.$eval('#knock-note', (field) => /** @type {HTMLTextAreaElement} */ (field).value);
  assert.match(typed, /^It is Siskin.*\.$/u);
});

story('a room that takes no knocks offers none', 'preview-no-knocks', async (page) => {
  assert.equal(await page.$(hook('knock')), null);
  assert.match(await read(page, 'no-knocks'), /unlock it, or to make a new one/u);
});

story('whoever is let in is in the room, ready to write', 'knocking-waiting', async (page) => {
  await become(page, { phase: 'locked', knock: null, title: 'Press desk', members: 5 });
  await page.waitForSelector(hook('composer'));
  await page.waitForSelector(hook('members'));
  assert.equal(await focused(page), 'composer');
});

story('a room that is unlocked meanwhile is entered without a word', 'knocking-waiting', async (page) => {
  await become(page, { phase: 'joining', knock: null });
  await page.waitForSelector(`${hook('banner')}[data-state="phase-joining"]`);
});

story('somebody who is turned away knocks again, and the words are new', 'knocking-turned-away', async (page) => {
  assert.match(await read(page, 'knocking-lead'), /said no/u);
  assert.equal(await page.$(hook('knocking-words')), null);
  await page.focus(hook('knock-again'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('knocking-words'));
  assert.deepEqual(await calls(page, 'retry_room'), [{ room: OUTSIDE }]);
  assert.notEqual(await focused(page), 'BODY');
});

story('who is there to answer is told only while that is known', 'knocking-waiting', async (page) => {
  assert.match(await read(page, 'knocking-owner'), /connected now, says the relay/u);
  await become(page, { connection: { kind: 'connecting' } });
  await page.waitForFunction(() => document.querySelector('[data-test="knocking-owner"]')?.textContent?.trim() === '');
  await become(page, { connection: { kind: 'stopped', reason: 'noKnocking' } });
  await page.waitForSelector(hook('knocking-fault'));
  assert.match(await read(page, 'knocking-fault'), /without knocking.*does not try again by itself/u);
  assert.equal(await page.$(hook('knocking-words')), null, 'nobody sees the same words');
});

story('giving up takes a second yes, and not giving up changes nothing', 'knocking-waiting', async (page) => {
  await page.focus(hook('give-up'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-giveUp'));
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'give-up');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('confirm'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'leave_room'), [{ room: OUTSIDE }]);
});

story('who was let in meanwhile does not give up a room', 'dialog-give-up-over', async (page) => {
  assert.match(await read(page, 'dialog-giveUp'), /Nothing was done/u);
  assert.equal(await focused(page), 'cancel');
});

story('the switcher offers nothing that needs a room from inside', 'knocking-waiting', async (page) => {
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  const entries = await page.$$eval(hook('switcher-entry'), (found) => found.map((one) => one.textContent?.trim()));
  assert.ok(entries.includes('Give up…'));
  for (const label of ['Invite…', 'Leave…', 'Remove from this computer…', 'Show the people']) {
    assert.ok(!entries.includes(label), label);
  }
});
