// Who knocks at a locked room, and what its owner does about it.

import assert from 'node:assert/strict';
import { LEGAL, PRESS, knocker } from '../world.js';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) =>
    (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replace(/\s+/gu, ' ').trim(),
  );

/** Who knocks now, as the engine tells it. @param {Page} page @param {string} room @param {object[]} knocks */
const knock = (page, room, knocks) =>
  page.evaluate(
    (at, told) => {
      const { fake } = /** @type {any} */ (globalThis);
      Object.assign(fake.world.views[at], { owner: true, knocks: told });
      const summary = fake.world.snapshot.rooms.find((/** @type {any} */ one) => one.room === at);
      summary.phase = 'locked';
      fake.emit({ kind: 'roomChanged', summary });
      fake.emit({ kind: 'peopleChanged', room: at });
    },
    room,
    knocks,
  );

/** @param {number} left */
const soon = (left) => Math.floor(Date.now() / 1000) + left;

story('who waits stays in sight while the relay is not reached', 'owner-knock-one', async (page) => {
  const siskin = (/** @type {string} */ state) =>
    knock(page, PRESS, [knocker('k1', 'Siskin', soon(412), { hue: 20, shape: 7, state: /** @type {any} */ (state) })]);
  await page.click(hook('let-in'));
  await page.waitForSelector(hook('dialog-letIn'));
  await siskin('unreached');
  await page.waitForFunction(() => document.querySelector('[data-test="confirm"]') === null);
  assert.match(await read(page, 'dialog'), /Let Siskin.*relay is not reached/u);
  assert.equal(await page.$(hook('let-in-words')), null);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.match(await read(page, hook('knock-row')), /Siskin.*ember ?lantern.*nobody can be answered before it is/u);
  for (const answer of ['let-in', 'turn-away']) {
    assert.ok(await page.$eval(hook(answer), (button) => /** @type {HTMLButtonElement} */ (button).disabled), answer);
  }
  assert.match(await read(page, `[data-room="${PRESS}"]`), /knock/iu, 'and in the list');
  await siskin('waiting');
  await page.waitForFunction(() => document.querySelector('[data-test="let-in"]:disabled') === null);
  await page.click(hook('turn-away'));
  await page.waitForSelector(hook('knocks-none'));
});

story('the owner compares the words before somebody comes in, and is asked for it', 'owner-knock-one', async (page) => {
  const row = await read(page, hook('knock-row'));
  assert.match(row, /Siskin.*7 minutes.*reading group.*ember ?lantern ?pepper ?north.*Nothing proves this name/u);
  await page.focus(hook('show-knocks'));
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'knocks');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'let-in');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-letIn'));
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  assert.match(await read(page, hook('let-in-words')), /ember ?lantern ?pepper ?north/u);
  assert.match(await read(page, 'dialog'), /just read out these four words.*name is not proven/u);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'answer_knock'), []);
  assert.equal(await focused(page), 'let-in');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('confirm'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('knock-row')}[data-state="admitting"]`);
  assert.deepEqual(await calls(page, 'answer_knock'), [{ room: PRESS, knock: 'k1', admit: true }]);
  assert.equal(await page.$(hook('show-knocks')), null, 'nobody waits any more');
  assert.equal(await focused(page), 'knocks', 'the focus is in the list although the button is gone');
});

story('turning somebody away takes one key, and the focus stays in the list', 'owner-knock-one', async (page) => {
  await page.focus(hook('turn-away'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('knocks-none'));
  assert.deepEqual(await calls(page, 'answer_knock'), [{ room: PRESS, knock: 'k1', admit: false }]);
  assert.equal(await focused(page), 'knocks');
});

story('a knock that is over meanwhile is answered by nobody', 'dialog-let-in-over', async (page) => {
  assert.match(await read(page, 'dialog'), /Siskin does not knock any more.*Nothing was done/u);
  assert.equal(await focused(page), 'cancel');
});

story('an answer that is refused says why in the question', 'dialog-let-in-error', async (page) => {
  assert.match(await read(page, 'dialog [data-error]'), /The room is full/u);
});

story('into a full room nobody is let in, and it says so', 'owner-knocks-full', async (page) => {
  assert.ok(await page.$eval(hook('let-in'), (button) => /** @type {HTMLButtonElement} */ (button).disabled));
  assert.match(await read(page, hook('knocks-full')), /somebody has to leave/u);
});

story('a knock at a room that is not on the screen is in the list, and said once', 'home-normal', async (page) => {
  assert.equal(await read(page, hook('knock-news')), '');
  await knock(page, LEGAL, [knocker('k9', 'Siskin', soon(500))]);
  await page.waitForSelector(hook('knocks-count'));
  assert.equal(await read(page, hook('knock-news')), 'Siskin knocks at Legal.');
  assert.match(await read(page, `[data-room="${LEGAL}"]`), /One person knocks/u);
  const answered = [knocker('k9', 'Siskin', soon(500), { state: 'admitting' })];
  await knock(page, LEGAL, answered);
  await page.waitForFunction(() => document.querySelector('[data-test="knocks-count"]') === null);
  assert.equal(await read(page, hook('knock-news')), '');
});

story('rooms of other people are asked once who knocks, and never again', 'home-normal', async (page) => {
  const lock = () =>
    page.evaluate((at) => {
      const { fake } = /** @type {any} */ (globalThis);
      const summary = fake.world.snapshot.rooms.find((/** @type {any} */ one) => one.room === at);
      summary.phase = 'locked';
      fake.emit({ kind: 'roomChanged', summary });
      fake.emit({ kind: 'peopleChanged', room: at });
      return new Promise((resolve) => setTimeout(resolve, 30));
    }, LEGAL);
  await lock();
  await lock();
  assert.deepEqual(await calls(page, 'view_room'), [{ room: LEGAL }]);
});

story('in a narrow window the way to who knocks is the drawer', 'owner-knock-one', async (page) => {
  await page.setViewport({ width: 640, height: 800 });
  await page.focus(hook('show-knocks'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.people--open');
  assert.equal(await focused(page), 'knocks');
});

story('the switcher leads to who knocks', 'owner-knock-one', async (page) => {
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  await page.keyboard.type('who knocks');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'knocks-title');
});

story('a room is made with its door locked', 'create-locked', async (page) => {
  await page.click(hook('create-room'));
  await page.waitForSelector(hook('invite-locked'));
  const [{ rules }] = await calls(page, 'create_room');
  assert.equal(rules.locked, true);
  assert.match(await read(page, 'h1'), /ready, and locked/u);
});

story('where nobody can knock, nothing says so', 'alone-takes-none', async (page) => {
  assert.equal(await page.$(hook('knocks')), null);
  assert.match(await read(page, hook('door')), /The invitation alone lets nobody in/u);
  assert.match(await read(page, hook('empty-room')), /nobody new comes in/u);
});
