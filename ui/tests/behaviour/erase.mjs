// Erasing this computer.

import assert from 'node:assert/strict';
import { calls, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page */
async function chord(page) {
  await page.keyboard.down('Control');
  await page.keyboard.down('Shift');
  await page.keyboard.press('Backspace');
  await page.keyboard.up('Shift');
  await page.keyboard.up('Control');
}

/** @param {Page} page */
const said = (page) => page.$eval(hook('erase-said'), (place) => place.textContent);

/** @param {Page} page @param {number} milliseconds */
const wait = (page, milliseconds) =>
  page.evaluate((time) => new Promise((done) => setTimeout(done, time)), milliseconds);

for (const scene of ['start-loading', 'start-error', 'folder-disk', 'first-normal', 'unlock-normal', 'room-normal']) {
  story(`the button is in one place: ${scene}`, scene, async (page) => {
    const place = await page.$eval(hook('erase'), (button) => {
      const { right, bottom, width, height } = button.getBoundingClientRect();
      const found = document.elementFromPoint(right - width / 2, bottom - height / 2);
      return { right: innerWidth - right, bottom: innerHeight - bottom, height, seen: button.contains(found) };
    });
    assert.deepEqual(place, { right: 12, bottom: 0, height: 32, seen: true });
  });
}

story('the keys pressed twice erase, also out of a dialog, and once does not', 'room-normal', async (page) => {
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector('dialog[open]');
  await chord(page);
  assert.notEqual(await said(page), '', 'it says that once more erases');
  assert.deepEqual(await calls(page, 'erase_device'), []);
  await chord(page);
  assert.deepEqual(await calls(page, 'erase_device'), [{ tellRooms: false }]);
  await page.waitForSelector(hook('first-form'));
});

story('a press that was long ago does not count', 'unlock-normal', async (page) => {
  await chord(page);
  await wait(page, 2200);
  assert.equal(await said(page), '');
  await chord(page);
  assert.deepEqual(await calls(page, 'erase_device'), []);
});

story('a second of holding erases, and a click does not', 'room-normal', async (page) => {
  const button = await page.waitForSelector(hook('erase'));
  await button?.click({ count: 2 });
  await wait(page, 1200);
  assert.deepEqual(await calls(page, 'erase_device'), []);
  await button?.hover();
  await page.mouse.down();
  await page.waitForSelector(`${hook('erase')}[data-step="holding"]`);
  await page.waitForSelector(hook('first-form'));
  await page.mouse.up();
  assert.equal((await calls(page, 'erase_device')).length, 1);
});

story('a key that is held on the button erases, and one that is let go does not', 'unlock-normal', async (page) => {
  await page.focus(hook('erase'));
  await page.keyboard.press('Enter');
  await page.keyboard.press(' ');
  await wait(page, 1200);
  assert.deepEqual(await calls(page, 'erase_device'), []);
  await page.keyboard.down(' ');
  await page.waitForSelector(hook('first-form'));
  await page.keyboard.up(' ');
  assert.equal((await calls(page, 'erase_device')).length, 1);
});

story('a screen reader, which can only press, presses twice', 'unlock-normal', async (page) => {
  const press = () => page.$eval(hook('erase'), (button) => /** @type {HTMLElement} */ (button).click());
  await press();
  assert.notEqual(await said(page), '');
  await press();
  await page.waitForSelector(hook('first-form'));
});

story('whoever wants to leave the rooms first says so; otherwise silence holds', 'room-normal', async (page) => {
  const isOn = () => page.$eval(hook('erase-tell'), (box) => /** @type {HTMLInputElement} */ (box).checked);
  assert.equal(await isOn(), false);
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.slow('erase_device'));
  await page.focus(hook('erase-tell'));
  await page.keyboard.press('Space');
  assert.equal(await isOn(), true);
  await page.keyboard.press('Tab');
  await page.keyboard.down(' ');
  await page.waitForSelector(`${hook('erase')}[data-step="busy"]`);
  assert.equal(await said(page), 'Leaving the rooms, then erasing…');
  await page.waitForSelector(hook('first-form'));
  await page.keyboard.up(' ');
  assert.deepEqual(await calls(page, 'erase_device'), [{ tellRooms: true }]);
  assert.equal(await page.$(hook('erase-tell')), null, 'there is nobody to tell');
});

story('what is left is said, and erased again', 'erased-left', async (page) => {
  await page.click(hook('erase-on'));
  await page.waitForSelector(hook('first-form'));
  assert.deepEqual(await calls(page, 'erase_device'), [{ tellRooms: false }]);
});
