// Coming into a room: what is typed, pasted and compared on the way.

import assert from 'node:assert/strict';
import { LEGAL } from '../world.js';
import { calls, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const text = (page, selector) => page.$eval(selector, (found) => found.textContent ?? '');

story('a room that was gone before anybody came in can be taken off the list', 'room-cannot-enter', async (page) => {
  assert.match(await text(page, hook('banner')), /no such room.*never came in.*new invitation/su);
  assert.doesNotMatch(await text(page, `[data-room="${LEGAL}"]`), /Joining/u);
  assert.equal(await page.$(hook('leave')), null, 'there is nobody to leave');
  await page.focus(hook('remove-only'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-remove'));
  assert.match(await text(page, 'dialog'), /never came in, so nobody has to be told/u);
  assert.doesNotMatch(await text(page, 'dialog'), /stay in the list/u);
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('screen-home'));
  assert.equal(await page.$(`[data-room="${LEGAL}"]`), null);
});

story(
  'a relay that nobody vouches for gets a room only after its pin was seen, and gets it with that pin',
  'create-unvouched',
  async (page) => {
    assert.equal(
      await page.$eval(hook('pin'), (pin) => pin.textContent?.replaceAll(' ', '')),
      'mF3xQ2vZk9Tn1bYc7LwPs5RdHj0UaGe4XiMo8KtNyzA',
    );
    assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
    await page.click(hook('cancel'));
    assert.equal(await page.$(hook('dialog-unvouched')), null);
    await page.click(hook('create-room'));
    await page.waitForSelector(hook('pin'));
    await page.click(hook('confirm'));
    await page.waitForSelector(hook('copy-link'));
    const relays = (await calls(page, 'create_room')).map((/** @type {any} */ request) => request.relay);
    const [asked, again, given] = relays;
    assert.ok(!asked.includes('~k=') && asked === again, 'cancelling leaves the form as it was');
    assert.equal(given, `${asked}~k=mF3xQ2vZk9Tn1bYc7LwPs5RdHj0UaGe4XiMo8KtNyzA`);
  },
);

story(
  'what is pasted on the home screen keeps the line ends of its mail, and Enter joins',
  'home-normal',
  async (page) => {
    const mail = '> conclave://192.168.1.20:7443/#3Q9TX-7KMFA-=\n2RWDE-H8ZPC-NV4YJ-6BG5S';
    await page.focus(hook('invitation'));
    await page.evaluate((text) => document.execCommand('insertText', false, text), mail);
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('screen-join'));
    await page.waitForFunction(() =>
      /** @type {any} */ (globalThis).fake.calls.some((/** @type {any} */ call) => call.name === 'read_invitation'),
    );
    assert.deepEqual(await calls(page, 'read_invitation'), [{ invitation: mail }]);
  },
);

story(
  'an invitation in the box on the home screen leads to what one is about to enter, and Enter goes in',
  'home-normal',
  async (page) => {
    await page.type(hook('invitation'), 'conclave://192.168.1.20:7443/#CODE');
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('preview'));
    await page.click(hook('enter-room'));
    await page.waitForSelector(hook('composer'));
    assert.deepEqual(await calls(page, 'join_room'), [
      {
        invitation: 'conclave://192.168.1.20:7443/#CODE',
        address: null,
        passphrase: null,
        nick: 'Heron',
        inMemory: false,
      },
    ]);
  },
);

story(
  'the address that was copied with a code is offered where it is asked for, before one that was used before',
  'where-beside',
  async (page) => {
    assert.equal(await page.$eval('#address', (field) => /** @type {any} */ (field).value), '192.168.1.20:7443');
    assert.equal((await calls(page, 'preview_room')).length, 0, 'nothing is asked there before it was seen');
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('preview'));
    assert.equal((await calls(page, 'preview_room'))[0]?.address, '192.168.1.20:7443');
  },
);

story('an invitation says who is there now, and promises no way that is closed', 'invite-people', async (page) => {
  const told = (/** @type {string} */ selector) =>
    page.$eval(selector, (one) => (one.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, '').trim());
  /** @param {string} state @param {number} members @param {object} [more] */
  const become = (state, members, more) =>
    page.evaluate(
      (state, members, more) => {
        const { fake } = /** @type {any} */ (globalThis);
        const [press] = fake.world.snapshot.rooms;
        const hosting = { ...press.hosting, state };
        fake.emit({ kind: 'roomChanged', summary: { ...press, members, hosting, ...more } });
        return new Promise((resolve) => setTimeout(resolve, 20));
      },
      state,
      members,
      more ?? {},
    );
  await become('running', 3);
  assert.equal(await told(hook('joined')), '2 other people are in the room now.');
  await become('running', 1);
  assert.equal(await told(hook('joined')), 'Nobody else is in the room now.', 'somebody may have been there');
  assert.match(await told('.screen__lead'), /in the same network can come in\./u);
  for (const state of ['stopped', 'failed', 'portTaken']) {
    await become(state, 1);
    assert.match(await told('.screen__lead'), /can come in once this computer serves the room again/u);
  }
  const away = { hosting: null, connection: { kind: 'waiting', reason: 'unreachable', retryIn: 9 } };
  await become('running', 1, away);
  assert.match(await told('.screen__lead'), /can come in once the relay is reached/u);
  assert.match(await told(hook('unreached')), /create it again/u);
  await become('running', 2, away);
  assert.match(await told('.screen__lead'), /has this invitation can come in\./u);
  assert.doesNotMatch(await told(hook('unreached')), /create it again/u, 'others have it');
});

story('going back from the preview keeps the invitation that was typed', 'preview-normal', async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('join-form'));
  assert.match(
    await page.$eval(hook('field-invitation'), (field) => /** @type {HTMLTextAreaElement} */ (field).value),
    /^conclave:/u,
  );
});

story('who mistyped the passphrase of a room is not told that they are in it', 'room-mistyped', async (page) => {
  const told = await page.$eval(`${hook('banner')}[data-state="fault-passphrase"]`, (banner) => banner.textContent);
  assert.match(told ?? '', /nobody hears you here/u);
  assert.equal(await page.$('[data-state="phase-awaitingConfirmation"]'), null);
});
