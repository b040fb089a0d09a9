// Writing, and what a line is made of.

import assert from 'node:assert/strict';
import { PRESS } from '../world.js';
import { calls, COMPOSING, hook, pressComposing, story } from './story.mjs';

story('Enter sends, Shift and Enter begin a new line, and the field is free again', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('first');
  await page.keyboard.down('Shift');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Shift');
  await page.keyboard.type('second');
  assert.deepEqual(await calls(page, 'send_message'), []);
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    () => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'first\nsecond',
  );
  assert.deepEqual(await calls(page, 'send_message'), [{ room: PRESS, text: 'first\nsecond', fuse: null }]);
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), '');
});

story('the Enter that confirms a character of an input method sends nothing', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('kana');
  for (const how of COMPOSING) await pressComposing(page, hook('composer'), 'Enter', how);
  assert.deepEqual(await calls(page, 'send_message'), []);
});

story('a message that the engine refuses comes back into the field', 'room-normal', async (page) => {
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('send_message', 'disk-full'));
  await page.focus(hook('composer'));
  await page.keyboard.type('keep me');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('toast'));
  assert.equal(
    await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value),
    'keep me',
  );
});

story('markup in a message is text and nothing else', 'room-states', async (page) => {
  assert.equal(
    await page.$$eval('[data-test="timeline"] img, [data-test="timeline"] .bubble b', (found) => found.length),
    0,
  );
  const texts = await page.$$eval(hook('item-text'), (found) => found.map((one) => one.textContent));
  assert.ok(texts.includes('<img src=x onerror=alert(1)> <b>not markup</b> & "quotes"'));
});

story('a message that waits can be withdrawn', 'room-waiting', async (page) => {
  await page.click(hook('withdraw'));
  await page.waitForFunction(() => document.querySelector('[data-test="withdraw"]') === null);
  assert.deepEqual(await calls(page, 'withdraw_message'), [{ room: '5e7f000000000000', id: '3' }]);
});

story('a message that waits says for what, as far as that is known', 'room-waiting', async (page) => {
  const state = () => page.$eval(hook('item-state') + '[data-state="waiting"]', (one) => one.textContent ?? '');
  assert.match(await state(), /computer that serves this room is away, or the network is/u);
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const [, , walk] = fake.world.snapshot.rooms;
    fake.emit({ kind: 'roomChanged', summary: { ...walk, connection: { ...walk.connection, reason: 'storage' } } });
  });
  await page.waitForSelector('[data-state="fault-storage"]');
  assert.doesNotMatch(await state(), /away/u);
});

story('the draft of a room is there after a look into another', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('half a thought');
  await page.click('[data-room="0c3d000000000000"]');
  await page.waitForFunction(() => document.querySelector('[data-test="room-title"]')?.textContent === 'Legal');
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), '');
  await page.click(`[data-room="${PRESS}"]`);
  await page.waitForFunction(() => document.querySelector('[data-test="room-title"]')?.textContent === 'Press desk');
  assert.equal(
    await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value),
    'half a thought',
  );
});

story('who cannot write yet is not told that what one writes waits', 'room-entering', async (page) => {
  assert.ok(await page.$(hook('composer-silent')));
  const told = await page.$eval(`${hook('banner')}[data-state="fault-unreachable"]`, (banner) =>
    (banner.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''),
  );
  assert.match(told, /goes on by itself.*within 7 seconds/u);
  assert.doesNotMatch(told, /waits here/u);
});

story('who is not in yet is told so, counts nobody and invites nobody', 'room-joining', async (page) => {
  const said = await page.$eval('body', (body) => /** @type {HTMLElement} */ (body).innerText);
  assert.match(said, /You are not in yet.*You wait to come in.*Who is here shows once you are in/su);
  assert.doesNotMatch(said, /Only you|0 people|Nobody else|first person|This is where it begins/u);
  assert.equal(await page.$(hook('invite')), null);
  assert.equal(await page.$(`${hook('empty-room')} button`), null);
});

story('a large text that somebody pastes does not hold the window up, and can be read', 'room-normal', async (page) => {
  const words = 'word '.repeat(100_000);
  const fill = (/** @type {string} */ text) =>
    page.$eval(
      hook('composer'),
      (field, pasted) => {
        /** @type {HTMLTextAreaElement} */ (field).value = pasted;
        field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertFromPaste' }));
      },
      text,
    );
  const look = () =>
    page.$eval(hook('composer'), (field) => ({
      mirrored: field.parentElement?.dataset['text']?.length ?? 0,
      height: field.getBoundingClientRect().height,
      most: parseFloat(getComputedStyle(/** @type {Element} */ (field.parentElement)).maxBlockSize),
      scrolls: getComputedStyle(field).overflowY === 'auto' && field.scrollHeight > field.clientHeight,
      around: getComputedStyle(/** @type {Element} */ (field.parentElement)).overflowY,
    }));
  await fill(words);
  await page.waitForSelector(hook('counter'));
  const { height, most, ...long } = await look();
  assert.equal(height, most);
  assert.deepEqual(long, { mirrored: 8193, scrolls: true, around: 'hidden' });
  await page.focus(hook('composer'));
  const begun = Date.now();
  await page.keyboard.type('abc');
  const took = Date.now() - begun;
  assert.ok(took < 3000, `three keys took ${took} ms`);
  assert.match(await page.$eval(hook('counter'), (one) => one.textContent ?? ''), /491[^0-9]?811/u);
  await fill('short');
  await page.waitForFunction(() => document.querySelector('[data-test="counter"]') === null);
  const short = await look();
  assert.ok(short.height < 60 && short.mirrored === 6 && short.around === 'auto', JSON.stringify(short));
});
