// The rules that a room begins with, and where they are read.

import assert from 'node:assert/strict';
import { calls, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** What is not changed. */
const MORE = { everythingViewOnce: false, receipts: 'none', presence: true, eraseBy: 'owner', locked: false };

/** @param {Page} page @param {string} test */
const read = (page, test) =>
  page.$eval(hook(test), (found) => (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').replace(/\s+/gu, ' '));

/** Unfolds a group of rules with the keyboard. @param {Page} page @param {string} group */
async function unfold(page, group) {
  await page.focus(`${hook(group)} > summary`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook(group)}[open]`);
}

story(
  'who changes no rule makes a small room that goes with its owner, and reads that',
  'host-normal',
  async (page) => {
    assert.match(await read(page, 'rules-messages'), /burn after 24 hours/u);
    assert.match(await read(page, 'rules-room'), /ends after 24 hours of silence, or when you leave/u);
    assert.match(await read(page, 'rules-people'), /up to 16/u);
    await unfold(page, 'rules-room');
    assert.equal(await page.$(hook('leave-closes')), null, 'without this computer nobody would serve it');
    assert.match(await read(page, 'leave-closes-hosted'), /this computer serves it/u);
    await page.focus(hook('field-nick'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('qr'));
    const [{ rules }] = await calls(page, 'host_room');
    assert.deepEqual(rules, { ...MORE, messageTtl: 86400, idleTtl: 86400, maxMembers: 16, ownerLeaveCloses: true });
  },
);

story(
  'every rule can be chosen without a mouse, and stays chosen when the relay refuses',
  'create-normal',
  async (page) => {
    await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('create_room', 'relay-unreachable'));
    await unfold(page, 'rules-messages');
    await page.focus(hook('lifetime-86400'));
    await page.keyboard.press('ArrowLeft');
    await page.focus(hook('view-once-all'));
    await page.keyboard.press('Space');
    await page.focus(hook('receipts-none'));
    await page.keyboard.press('ArrowRight');
    await unfold(page, 'rules-room');
    await page.focus(hook('idle-86400'));
    await page.keyboard.press('ArrowRight');
    await page.focus(hook('leave-closes'));
    await page.keyboard.press('Space');
    await unfold(page, 'rules-people');
    await page.focus(hook('size-16'));
    await page.keyboard.press('ArrowRight');
    await page.focus(hook('erase-by-owner'));
    await page.keyboard.press('ArrowRight');
    await page.focus(hook('presence'));
    await page.keyboard.press('Space');
    assert.match(await read(page, 'rules-people'), /up to 64, and any of them can erase the room for everybody/u);
    assert.match(await read(page, 'rules-room'), /ends after 7 days of silence(?!,)/u);

    await page.click(hook('create-room'));
    await page.waitForSelector('[data-code="relay-unreachable"]');
    await page.evaluate(() => /** @type {any} */ (globalThis).fake.succeed('create_room'));
    await page.click(hook('create-room'));
    await page.waitForSelector(hook('qr'));
    const more = { ...MORE, everythingViewOnce: true, receipts: 'delivered', presence: false, eraseBy: 'anyMember' };
    const wanted = { ...more, messageTtl: 3600, idleTtl: 604800, maxMembers: 64, ownerLeaveCloses: false };
    const asked = (await calls(page, 'create_room')).map((/** @type {any} */ { rules }) => rules);
    assert.deepEqual(asked, [wanted, wanted]);
  },
);

story('whoever looks at a room from its door reads what becomes of it', 'preview-normal', async (page) => {
  assert.match(await read(page, 'rules'), /The room ends after ?30 days of silence/u);
  assert.match(await read(page, 'rules-owner-leave'), /it ends for everybody/u);
  assert.match(await read(page, 'rules-erase-by'), /only its owner/u);
});

story('whoever is in a room reads its rules there', 'room-normal', async (page) => {
  await page.focus(hook('rules-fold'));
  await page.keyboard.press('Enter');
  assert.match(await read(page, 'rules'), /When its owner leaves ?it ends for everybody.*with the invitation/u);
});
