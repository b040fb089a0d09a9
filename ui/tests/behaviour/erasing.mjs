// Erasing a room for everybody: who can, who is asked, and who confirms.

import assert from 'node:assert/strict';
import { LEGAL, PRESS } from '../world.js';
import { calls, emit, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) =>
    (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replaceAll(/\s+/gu, ' '),
  );

/** @param {Page} page @param {number} milliseconds */
const wait = (page, milliseconds) =>
  page.evaluate((time) => new Promise((done) => setTimeout(done, time)), milliseconds);

/** Everything that the page holds, in whatever form. @param {Page} page */
const source = (page) => page.evaluate(() => document.documentElement.outerHTML);

/** Tells something else of a room. @param {Page} page @param {number} at @param {object} more */
const tell = (page, at, more) =>
  page.evaluate(
    (index, change) => {
      const { fake } = /** @type {any} */ (globalThis);
      const room = fake.world.snapshot.rooms[index];
      Object.assign(room, change);
      fake.emit({ kind: 'roomChanged', summary: room });
    },
    at,
    more,
  );

story('the owner erases a room by holding a key for a second, and reads who confirms', 'owner-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('half a thought');
  await page.focus(hook('erase-room'));
  const hint = await page.$eval(hook('erase-room'), (button) => button.getAttribute('aria-describedby') ?? '');
  assert.match(await read(page, `#${hint}`), /Hold for a second.*for good.*not connected then is not told/u);
  await page.keyboard.press('Enter');
  await page.keyboard.press(' ');
  await wait(page, 1200);
  assert.deepEqual(await calls(page, 'erase_room'), [], 'a tap does nothing');

  await page.keyboard.down(' ');
  await page.waitForSelector(`${hook('erase-room')}[data-step="holding"]`);
  await page.waitForSelector(hook('burned'));
  await page.keyboard.up(' ');
  assert.deepEqual(await calls(page, 'erase_room'), [{ room: PRESS }]);
  assert.equal(await focused(page), 'room-title', 'and not on a button that the same key would press');
  assert.doesNotMatch(await source(page), /half a thought|quarter past eight/u);

  assert.match(await read(page, hook('ended-why')), /You erased it for everybody/u);
  assert.match(await read(page, hook('burned-count')), /None of 3 apps.*Answers can come for a minute/u);
  assert.equal(await page.$eval(hook('burned-count'), (found) => found.getAttribute('role')), 'status');
  const people = [
    { member: 'wren', nick: 'Wren', hue: 255, shape: 0, confirmed: true },
    { member: 'otter', nick: 'Otter', hue: 145, shape: 6, confirmed: false },
  ];
  await tell(page, 0, { burned: { people, listening: true } });
  await page.waitForSelector(`${hook('burned-person')}[data-state="confirmed"]`);
  assert.match(await read(page, hook('burned-people')), /Wren ?Confirmed.*Otter ?Not yet/u);
  await tell(page, 0, { burned: { people, listening: false } });
  await page.waitForSelector(`${hook('burned')}[data-state="over"]`);
  assert.match(await read(page, hook('burned')), /No more answers.*No answer.*a changed app can lie/u);
});

story('a click does not erase a room, and holding with the mouse does', 'owner-normal', async (page) => {
  const button = await page.waitForSelector(hook('erase-room'));
  await button?.click({ count: 2 });
  await wait(page, 1200);
  assert.deepEqual(await calls(page, 'erase_room'), []);
  await button?.hover();
  await page.mouse.down();
  await page.waitForSelector(hook('ended'));
  await page.mouse.up();
  assert.equal((await calls(page, 'erase_room')).length, 1);
});

story('whoever cannot hold says so first, and can take it back', 'owner-normal', async (page) => {
  const isOn = () => page.$eval(hook('erase-room-press'), (button) => button.getAttribute('aria-pressed'));
  await page.focus(hook('erase-room-press'));
  await page.keyboard.press('Enter');
  assert.equal(await isOn(), 'true');
  assert.match(await read(page, hook('erase-room-said')), /one press of the button above/u);
  await page.keyboard.press('Enter');
  assert.equal(await isOn(), 'false');
  assert.equal(await read(page, hook('erase-room-said')), '');
  await page.click(hook('erase-room'));
  assert.deepEqual(await calls(page, 'erase_room'), []);

  await page.focus(hook('erase-room-press'));
  await page.keyboard.press('Enter');
  await page.focus(hook('erase-room'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('ended'));
  assert.equal((await calls(page, 'erase_room')).length, 1);
});

story('a screen reader, which can only press, presses twice to erase a room', 'owner-normal', async (page) => {
  const press = () => page.$eval(hook('erase-room'), (button) => /** @type {HTMLElement} */ (button).click());
  await press();
  assert.deepEqual(await calls(page, 'erase_room'), []);
  await press();
  await page.waitForSelector(hook('ended'));
});

story('members erase where the rules let them, and are not offered it elsewhere', 'erase-room-member', async (page) => {
  assert.ok(await page.$(hook('erase-room')));
  assert.match(await read(page, '#erase-room-hint'), /keep everything until the relay is reached/u);
  await page.focus(hook('erase-room'));
  await page.keyboard.down('Enter');
  await page.waitForSelector(hook('room-erasing'));
  await page.keyboard.up('Enter');
  assert.equal(await page.$('dialog'), null, 'the key that was held pressed nothing else');
  assert.equal(await page.$(hook('timeline')), null);
  assert.match(await read(page, hook('banner')), /The others still have everything until its relay is reached/u);
  assert.match(await read(page, hook('composer-silent')), /being erased/u);
  assert.match(await read(page, `[data-room="${LEGAL}"]`), /Erasing/u);
  assert.doesNotMatch(await source(page), /clause four/u);
  assert.notEqual(await focused(page), 'BODY');
  for (const gone of ['invite', 'leave', 'erase-room']) assert.equal(await page.$(hook(gone)), null, gone);
  await page.focus(hook('remove-only'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-remove'));
  assert.match(await read(page, 'dialog'), /not erased for the others yet/u);
});

story('in a room that only its owner can erase, members have no such button', 'member-locked', async (page) => {
  assert.equal(await page.$(hook('erase-room')), null);
});

story('somebody who asks to erase a room shuts it, and the answer is a key away', 'home-normal', async (page) => {
  await page.click(`[data-room="${LEGAL}"]`);
  await page.waitForSelector(hook('item'));
  await page.focus(hook('composer'));
  await page.keyboard.type('half a thought');
  await tell(page, 1, { eraseAsked: { by: 'Otter', member: 'otter' }, lastLine: null, unread: 0 });
  await page.waitForSelector(hook('erase-asked'));
  assert.doesNotMatch(await source(page), /half a thought|clause four/u, 'nothing of it is on the page');
  await tell(page, 1, { idleEndsAt: 1 });
  const away = ['timeline', 'composer', 'banner', 'keep-room'];
  for (const gone of away) assert.equal(await page.$(hook(gone)), null, gone);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'erase-asked-title', 'and not on an answer');
  assert.ok(await page.$('[role="alert"] #erase-asked-title'), 'it is read out');
  assert.match(await read(page, hook('erase-asked-by')), /Otter asks.*proves nothing/u);
  assert.match(await read(page, `[data-room="${LEGAL}"]`), /Waits for your answer/u);

  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'erasure-keep');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-kind="eraseKept"]');
  assert.deepEqual(await calls(page, 'answer_erasure'), [{ room: LEGAL, erase: false }]);
  assert.match(await read(page, hook('timeline')), /clause four.*Otter asked to erase this room, and you kept it/u);
  assert.equal(await focused(page), 'composer', 'one writes on');
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), '');
});

story('who says yes has erased it here', 'room-asked', async (page) => {
  await page.focus(hook('erasure-erase'));
  const what = await page.$eval(hook('erasure-erase'), (button) => button.getAttribute('aria-describedby') ?? '');
  assert.match(await read(page, `#${what}`), /destroyed on this computer. Nothing takes it back/u);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('ended')}[data-state="erasedByMember"]`);
  assert.deepEqual(await calls(page, 'answer_erasure'), [{ room: LEGAL, erase: true }]);
  assert.equal(await page.$(hook('burned')), null, 'nobody tells who only answered');
  assert.match(await read(page, hook('ended-why')), /any member could do that/u);
});

story('who asked may be somebody else by that name, or gone', 'room-lookalike-asked', async (page) => {
  assert.match(await read(page, hook('erase-asked-by')), /same or a similar name.*compare words/u);
  await emit(page, { kind: 'lagged' });
  await page.evaluate((room) => {
    const { fake } = /** @type {any} */ (globalThis);
    const view = fake.world.views[room];
    view.people = view.people.filter((/** @type {any} */ one) => one.member !== 'wren2');
    fake.emit({ kind: 'peopleChanged', room });
  }, LEGAL);
  await page.waitForFunction(() => document.body.textContent?.includes('Whoever asked is not in the room any more'));
});

story('the owner who erases meanwhile ends the question', 'room-asked', async (page) => {
  await tell(page, 1, { phase: 'ended', ended: 'erasedByOwner', eraseAsked: null, members: 0 });
  await page.waitForSelector(`${hook('ended')}[data-state="erasedByOwner"]`);
  assert.equal(await focused(page), 'room-title');
});
