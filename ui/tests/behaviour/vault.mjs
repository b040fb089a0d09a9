// Opening, locking and closing.

import assert from 'node:assert/strict';
import { calls, focused, hook, story } from './story.mjs';

story('after an error the focus is in the field that it is about', 'unlock-error', async (page) => {
  assert.equal(await focused(page), 'field-passphrase');
  assert.equal(
    await page.$eval(hook('field-passphrase'), (field) => /** @type {HTMLInputElement} */ (field).value),
    'wrong horse',
    'what was typed is still there',
  );
});

story('the passphrase opens the rooms and is nowhere afterwards', 'unlock-normal', async (page) => {
  await page.type(hook('field-passphrase'), 'correct horse');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('room'));
  assert.deepEqual(await calls(page, 'unlock_vault'), [{ passphrase: 'correct horse' }]);
  assert.equal(await page.$('input[type="password"]'), null);
});

let letIn = () => {};
/** What is drawn behind the door comes when it is let in. @type {Promise<void>} */
const gate = new Promise((resolve) => void (letIn = resolve));
story(
  'a vault that opens before its screens have come is waited for at the door',
  'unlock-normal',
  async (page) => {
    await page.type(hook('field-passphrase'), 'correct horse');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => {
      const { calls } = /** @type {any} */ (globalThis).fake;
      return calls.filter((/** @type {any} */ { name }) => name === 'snapshot').length > 1;
    });
    assert.ok(await page.$(hook('unlock-form')), 'what stands there stays');
    letIn();
    await page.waitForSelector(hook('room'));
    assert.equal(await page.$(hook('unlock-form')), null);
    assert.equal(await focused(page), 'screen-home');
  },
  async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const passes = request.url().endsWith('/views/inside.js') ? gate : Promise.resolve();
      void passes.then(() => request.continue());
    });
  },
);

story('a passphrase that was mistyped once locks nobody out', 'first-differs', async (page) => {
  assert.equal(await focused(page), 'field-passphrase-again');
  assert.deepEqual(await calls(page, 'create_vault'), []);
  await page.$eval(hook('field-passphrase-again'), (field) => {
    /** @type {HTMLInputElement} */ (field).value = '';
  });
  await page.type(hook('field-passphrase-again'), 'correct horse');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'create_vault'), [{ protection: 'passphrase', passphrase: 'correct horse' }]);
});

story('that two passphrases differ is said until they agree', 'first-differs', async (page) => {
  const error = hook('error');
  await page.keyboard.press('End');
  for (let back = 0; back < 2; back += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('s');
  assert.ok(await page.$(error));
  for (let back = 0; back < 2; back += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('rse');
  await page.waitForFunction(() => document.querySelector('[data-test="error"]') === null);
  assert.equal(await focused(page), 'field-passphrase-again');
  await page.click(hook('create-vault'));
  await page.waitForSelector(hook('screen-home'));
});

story('what was wrong with a passphrase is not said while another one is typed', 'unlock-error', async (page) => {
  await page.keyboard.type('x');
  await page.waitForFunction(() => document.querySelector('[data-test="error"]') === null);
  assert.equal(await page.$eval(hook('field-passphrase'), (field) => field.getAttribute('aria-invalid')), 'false');
});

story('on the first run nothing is kept if the person wants it so', 'first-memory', async (page) => {
  await page.click(hook('create-vault'));
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'create_vault'), [{ protection: 'memoryOnly', passphrase: null }]);
});

story('locking while others are connected asks first', 'dialog-lock', async (page) => {
  assert.equal(await focused(page), 'cancel', 'the safe answer has the focus');
  assert.deepEqual(await calls(page, 'lock_vault'), []);
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('unlock-form'));
});

story('locking leaves nothing of a room on the page, and nothing is ever stored', 'room-normal', async (page) => {
  await page.click(hook('lock-now'));
  await page.waitForSelector(hook('dialog-lock'));
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('unlock-form'));
  assert.doesNotMatch(await page.$eval('body', (body) => body.textContent ?? ''), /Press desk|Wren|stamps/u);
  assert.deepEqual(
    await page.evaluate(async () => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
      (await indexedDB.databases()).length,
    ]),
    [0, 0, '', 0],
  );
});

story('locking loses rooms in memory, and asks first also where nobody is connected', 'dialog-forget', async (page) => {
  const asked = await page.$eval('dialog', (dialog) => dialog.textContent ?? '');
  assert.match(asked, /gone for good.*ends for everybody/su, 'an owner who goes ends what goes with its owner');
  assert.deepEqual(await calls(page, 'lock_vault'), []);
  await page.click(hook('confirm'));
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal((await calls(page, 'lock_vault')).length, 1);
});

story('a promise that rooms go on is not made for those in memory', 'dialog-forget', async (page) => {
  assert.doesNotMatch(await page.$eval('dialog', (dialog) => dialog.textContent ?? ''), /go on|kept/u);
});

story('closing while others are connected asks first, and closes only when told to', 'dialog-close', async (page) => {
  assert.deepEqual(await calls(page, 'close_window'), []);
  await page.click(hook('confirm'));
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'close_window'), [{ confirmed: true }]);
});
