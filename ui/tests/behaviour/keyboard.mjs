// What can be done without a mouse.

import assert from 'node:assert/strict';
import { calls, COMPOSING, focused, hook, pressComposing, story } from './story.mjs';

/** @param {import('puppeteer-core').Page} page */
async function openSwitcher(page) {
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
}

story('F6 walks from pane to pane and back to the first', 'room-normal', async (page) => {
  const walked = [];
  for (let step = 0; step < 5; step += 1) {
    await page.keyboard.press('F6');
    walked.push(await page.evaluate(() => document.activeElement?.closest('[data-pane]')?.className.split(' ')[0]));
  }
  assert.deepEqual(walked, ['people', 'sidebar', 'room__head', 'timeline__scroll', 'composer']);
});

story('arrow keys move in the list of rooms, which is one stop of the tab order', 'home-normal', async (page) => {
  await page.focus('[data-rover][tabindex="0"]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  assert.equal(await page.evaluate(() => document.activeElement?.querySelector('b')?.textContent), 'Walk, Saturday');
  assert.equal(await page.$$eval('[data-rover][tabindex="0"]', (found) => found.length), 1);
});

story('the quick switcher finds a room by typing and opens it with Enter', 'home-normal', async (page) => {
  await openSwitcher(page);
  await page.keyboard.type('leg');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('composer'));
  assert.equal(await page.$eval(hook('room-title'), (title) => title.textContent), 'Legal');
  assert.equal(await page.$(hook('dialog-switcher')), null);
});

story('the quick switcher finds an accent however it was typed', 'home-normal', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const [first] = fake.world.snapshot.rooms;
    fake.emit({ kind: 'roomChanged', summary: { ...first, title: 'Cafe\u0301 in Zu\u0308rich' } });
  });
  await openSwitcher(page);
  await page.focus(hook('switcher-query'));
  await page.keyboard.type('CAF\u00c9');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('composer'));
  assert.equal(await page.$eval(hook('room-title'), (title) => title.textContent), 'Cafe\u0301 in Zu\u0308rich');
});

story('what is chosen in the quick switcher is in sight', 'room-normal', async (page) => {
  await openSwitcher(page);
  const sight = () =>
    page.$eval('[aria-selected="true"]', (one) => {
      const [box, list] = [one.getBoundingClientRect(), one.closest('dialog')?.getBoundingClientRect()];
      return list !== undefined && box.top >= list.top && box.bottom <= list.bottom;
    });
  const entries = await page.$$(hook('switcher-entry'));
  for (let step = 0; step < entries.length; step += 1) {
    assert.ok(await sight(), `entry ${step}`);
    await page.keyboard.press('ArrowDown');
  }
  assert.ok(await sight(), 'the first one again');
});

story('the quick switcher finds what can be done in the room on the screen', 'room-normal', async (page) => {
  const find = async (/** @type {string} */ words) => {
    await openSwitcher(page);
    await page.keyboard.type(words);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('[data-test="dialog-switcher"]') === null);
  };
  for (const [words, dialog] of /** @type {const} */ ([['leav', 'leave'], ['remo', 'remove'], ['check', 'verify']])) {
    await find(words);
    await page.waitForSelector(hook(`dialog-${dialog}`));
    assert.ok(await page.evaluate(() => document.activeElement?.matches('[data-autofocus]')), 'the safe place');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('dialog') === null);
  }
  await find('people');
  assert.equal(await focused(page), 'people');
  await find('inv');
  await page.waitForSelector(hook('screen-invite'));
  await find('home');
  await page.waitForSelector(hook('screen-home'));
  await openSwitcher(page);
  await page.keyboard.type('leav');
  await page.waitForSelector('.switcher__none');
});

story(
  'Escape closes a question, does nothing else, and the focus returns to what asked it',
  'room-normal',
  async (page) => {
    await page.focus(hook('leave'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('dialog-leave'));
    assert.equal(await focused(page), 'cancel', 'the safe answer has the focus');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('dialog') === null);
    assert.equal(await focused(page), 'leave');
    assert.deepEqual(await calls(page, 'leave_room'), []);
  },
);

story('Escape leads from the settings back to the room', 'room-normal', async (page) => {
  await page.click(hook('settings'));
  await page.waitForSelector(hook('limits'));
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('composer'));
  assert.equal(await focused(page), 'composer');
});

story('Escape leads from an invitation back to its room, be it there or not yet', 'invite-people', async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('composer'));
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.hang('view_invitation'));
  await page.click(hook('invite'));
  await page.waitForSelector('.loading');
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('composer'));
});

story('keys of an input method choose nothing in the quick switcher', 'home-normal', async (page) => {
  await openSwitcher(page);
  await page.keyboard.type('leg');
  for (const how of COMPOSING) await pressComposing(page, hook('switcher-query'), 'Enter', how);
  assert.ok(await page.$(hook('dialog-switcher')));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('composer'));
});

story('the Escape that gives a composition up leaves no form', 'host-normal', async (page) => {
  for (const how of COMPOSING) await pressComposing(page, hook('field-nick'), 'Escape', how);
  assert.ok(await page.$(hook('screen-host')));
  await page.focus(hook('field-nick'));
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('screen-home'));
});

story('the Enter that confirms a character sends no form whose text has several lines', 'home-normal', async (page) => {
  await page.focus(hook('invitation'));
  await page.keyboard.type('conclave://');
  for (const how of COMPOSING) await pressComposing(page, hook('invitation'), 'Enter', how);
  assert.deepEqual(await calls(page, 'read_invitation'), []);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    /** @type {any} */ (globalThis).fake.calls.some((/** @type {any} */ { name }) => name === 'read_invitation'),
  );
});
