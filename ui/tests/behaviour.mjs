// What keyboard, focus and scrolling do, in a real browser under the policy of the real window.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from 'puppeteer-core';
import { WINDOW } from '../src/state/lines.js';
import { serve } from './serve.mjs';
import { PRESS, REORGANISED } from './world.js';

/** @import { Browser, Page } from 'puppeteer-core' */

/** @type {Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  server = await serve();
  browser = await launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});

after(async () => {
  await browser.close();
  server.close();
});

/**
 * @param {string} name
 * @param {string} scene
 * @param {(page: Page) => Promise<void>} story
 */
function story(name, scene, story) {
  test(name, async () => {
    const page = await browser.newPage();
    /** @type {string[]} */
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(`${server.address}/tests/harness.html?scene=${scene}`);
    await page.waitForSelector(`html[data-done="${scene}"]`, { timeout: 8000 });
    await story(page);
    assert.deepEqual(faults, []);
    await page.close();
  });
}

const hook = (/** @type {string} */ name) => `[data-test="${name}"]`;
const focused = (/** @type {Page} */ page) => page.evaluate(() => document.activeElement?.closest('[data-test]')?.getAttribute('data-test') ?? document.activeElement?.tagName);
const calls = (/** @type {Page} */ page, /** @type {string} */ name) => page.evaluate((wanted) => /** @type {any} */ (globalThis).fake.calls.filter((/** @type {any} */ call) => call.name === wanted).map((/** @type {any} */ call) => call.request), name);
const emit = (/** @type {Page} */ page, /** @type {unknown} */ event) => page.evaluate((told) => /** @type {any} */ (globalThis).fake.emit(told), event);
const line = (/** @type {string} */ id, /** @type {string} */ words) => ({ id, order: id.padStart(8, '0'), at: Math.floor(Date.now() / 1000), expiresAt: null, body: { kind: 'text', sender: 'otter', nick: 'Otter', hue: 145, shape: 6, own: false, text: words, state: 'stored', claimedAt: null } });

story('the words of somebody who left keep the sign of who said them', 'room-left', async (page) => {
  const hues = await page.$$eval(hook('item'), (lines) => lines.filter((line) => line.querySelector('.message__nick')?.textContent === 'Otter').map((line) => /** @type {HTMLElement} */ (line).style.getPropertyValue('--hue')));
  assert.ok(hues.length > 0, 'Otter wrote something');
  assert.deepEqual([...new Set(hues)], ['145']);
});

story('a relay that nobody vouches for gets a room only after its pin was seen, and gets it with that pin', 'create-unvouched', async (page) => {
  assert.equal(await page.$eval(hook('pin'), (pin) => pin.textContent?.replaceAll(' ', '')), 'mF3xQ2vZk9Tn1bYc7LwPs5RdHj0UaGe4XiMo8KtNyzA');
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
});

story('what is pasted on the home screen keeps the line ends of its mail, and Enter joins', 'home-normal', async (page) => {
  const mail = '> conclave://192.168.1.20:7443/#3Q9TX-7KMFA-=\n2RWDE-H8ZPC-NV4YJ-6BG5S';
  await page.focus(hook('invitation'));
  await page.evaluate((text) => document.execCommand('insertText', false, text), mail);
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('screen-join'));
  await page.waitForFunction(() => /** @type {any} */ (globalThis).fake.calls.some((/** @type {any} */ call) => call.name === 'read_invitation'));
  assert.deepEqual(await calls(page, 'read_invitation'), [{ invitation: mail }]);
});

story('Enter sends, Shift and Enter begin a new line, and the field is free again', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('first');
  await page.keyboard.down('Shift');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Shift');
  await page.keyboard.type('second');
  assert.deepEqual(await calls(page, 'send_message'), []);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'first\nsecond');
  assert.deepEqual(await calls(page, 'send_message'), [{ room: PRESS, text: 'first\nsecond' }]);
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), '');
});

story('the Enter that confirms a character of an input method sends nothing', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('kana');
  await page.$eval(hook('composer'), (field) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
  assert.deepEqual(await calls(page, 'send_message'), []);
});

story('a message that the engine refuses comes back into the field', 'room-normal', async (page) => {
  await page.evaluate(() => /** @type {any} */ (globalThis).fake.fail('send_message', 'disk-full'));
  await page.focus(hook('composer'));
  await page.keyboard.type('keep me');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('toast'));
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), 'keep me');
});

story('markup in a message is text and nothing else', 'room-states', async (page) => {
  assert.equal(await page.$$eval('[data-test="timeline"] img, [data-test="timeline"] .bubble b', (found) => found.length), 0);
  const texts = await page.$$eval(hook('item-text'), (found) => found.map((one) => one.textContent));
  assert.ok(texts.includes('<img src=x onerror=alert(1)> <b>not markup</b> & "quotes"'));
});

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
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  await page.keyboard.type('leg');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('composer'));
  assert.equal(await page.$eval(hook('room-title'), (title) => title.textContent), 'Legal');
  assert.equal(await page.$(hook('dialog-switcher')), null);
});

story('Escape closes a question, does nothing else, and the focus returns to what asked it', 'room-normal', async (page) => {
  await page.focus(hook('leave'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-leave'));
  assert.equal(await focused(page), 'cancel', 'the safe answer has the focus');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'leave');
  assert.deepEqual(await calls(page, 'leave_room'), []);
});

story('after an error the focus is in the field that it is about', 'unlock-error', async (page) => {
  assert.equal(await focused(page), 'field-passphrase');
  assert.equal(await page.$eval(hook('field-passphrase'), (field) => /** @type {HTMLInputElement} */ (field).value), 'wrong horse', 'what was typed is still there');
});

story('the passphrase opens the rooms and is nowhere afterwards', 'unlock-normal', async (page) => {
  await page.type(hook('field-passphrase'), 'correct horse');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('room'));
  assert.deepEqual(await calls(page, 'unlock_vault'), [{ passphrase: 'correct horse' }]);
  assert.equal(await page.$('input[type="password"]'), null);
});

story('a passphrase that was mistyped once locks nobody out', 'first-differs', async (page) => {
  assert.equal(await focused(page), 'field-passphrase-again');
  assert.deepEqual(await calls(page, 'create_vault'), []);
  await page.$eval(hook('field-passphrase-again'), (field) => void (/** @type {HTMLInputElement} */ (field).value = ''));
  await page.type(hook('field-passphrase-again'), 'correct horse');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'create_vault'), [{ protection: 'passphrase', passphrase: 'correct horse' }]);
});

story('on the first run nothing is kept if the person wants it so', 'first-memory', async (page) => {
  await page.click(hook('create-vault'));
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'create_vault'), [{ protection: 'memoryOnly', passphrase: null }]);
});

story('an invitation in the box on the home screen leads to what one is about to enter, and Enter goes in', 'home-normal', async (page) => {
  await page.type(hook('invitation'), 'conclave://192.168.1.20:7443/#CODE');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('preview'));
  await page.click(hook('enter-room'));
  await page.waitForSelector(hook('composer'));
  assert.deepEqual(await calls(page, 'join_room'), [{ invitation: 'conclave://192.168.1.20:7443/#CODE', address: null, passphrase: null, nick: 'Heron', inMemory: false }]);
});

story('going back from the preview keeps the invitation that was typed', 'preview-normal', async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForSelector(hook('join-form'));
  assert.match(await page.$eval(hook('field-invitation'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), /^conclave:/u);
});

story('a message that waits can be withdrawn', 'room-waiting', async (page) => {
  await page.click(hook('withdraw'));
  await page.waitForFunction(() => document.querySelector('[data-test="withdraw"]') === null);
  assert.deepEqual(await calls(page, 'withdraw_message'), [{ room: '5e7f000000000000', id: '3' }]);
});

story('the chosen appearance wins over the system', 'settings-normal', async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.click(hook('theme-dark'));
  const dark = await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark').then(ground);
  await page.click(hook('theme-light'));
  const light = await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'light').then(ground);
  assert.notEqual(dark, light);
});

story('at the end the timeline follows new lines', 'room-normal', async (page) => {
  for (let n = 0; n < 30; n += 1) await emit(page, { kind: 'itemsChanged', room: PRESS, items: [line(String(100 + n), `line ${n}`)] });
  await page.waitForFunction(() => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'line 29');
  assert.ok(await page.$eval('[data-scroller]', (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2));
});

story('reading back, a new line moves nothing and is announced by a button that leads to it', 'room-large', async (page) => {
  const before = await page.$eval('[data-scroller]', (log) => log.scrollTop);
  await emit(page, { kind: 'itemsChanged', room: PRESS, items: [line('99998', 'unseen')] });
  await page.waitForSelector('.pill--new');
  assert.equal(await page.$eval('[data-scroller]', (log) => log.scrollTop), before);
  await page.click(hook('jump-newest'));
  await page.waitForFunction(() => document.querySelector('.pill--new') === null);
  assert.ok(await page.$eval('[data-scroller]', (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60));
});

story('earlier lines load above without moving the line that is read, and the number of lines stays bounded', 'room-large', async (page) => {
  let first = '';
  for (let pages = 0; first !== 'Line 0'; pages += 1) {
    assert.ok(pages < 20, `still at "${first}"`);
    first = await page.$eval(hook('item-text'), (one) => one.textContent ?? '');
    const seen = await page.evaluate(() => {
      const log = /** @type {HTMLElement} */ (document.querySelector('[data-scroller]'));
      log.scrollTop = 200;
      const top = log.getBoundingClientRect().top;
      const found = [...log.querySelectorAll('[data-line]')].find((one) => one.getBoundingClientRect().bottom > top);
      return { words: found?.querySelector('.bubble')?.textContent ?? '', at: found?.getBoundingClientRect().top ?? 0 };
    });
    if (first === 'Line 0') break;
    await page.waitForFunction((known) => document.querySelector('[data-test="item-text"]')?.textContent !== known, {}, first);
    const at = await page.evaluate((words) => [...document.querySelectorAll('[data-line]')].find((one) => one.querySelector('.bubble')?.textContent === words)?.getBoundingClientRect().top, seen.words);
    assert.ok(at !== undefined && Math.abs(at - seen.at) < 2, `"${seen.words}" was at ${seen.at} and is at ${at}`);
  }
  assert.ok((await page.$$eval(hook('item'), (found) => found.length)) <= WINDOW);
  assert.equal(await page.$eval(hook('item-text'), (one) => one.textContent), 'Line 0', 'the beginning was reached');
});

story('the draft of a room is there after a look into another', 'room-normal', async (page) => {
  await page.focus(hook('composer'));
  await page.keyboard.type('half a thought');
  await page.click('[data-room="0c3d000000000000"]');
  await page.waitForFunction(() => document.querySelector('[data-test="room-title"]')?.textContent === 'Legal');
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), '');
  await page.click(`[data-room="${PRESS}"]`);
  await page.waitForFunction(() => document.querySelector('[data-test="room-title"]')?.textContent === 'Press desk');
  assert.equal(await page.$eval(hook('composer'), (field) => /** @type {HTMLTextAreaElement} */ (field).value), 'half a thought');
});

story('a room whose file could not be read opens when it can', 'room-unreadable', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const again = { ...fake.world.snapshot.rooms[1], phase: 'open' };
    for (const command of ['view_room', 'page_messages']) fake.succeed(command);
    // The engine tells that the room is open before it answers.
    fake.emit({ kind: 'roomChanged', summary: again });
  });
  await page.click(hook('retry'));
  await page.waitForSelector(hook('composer'));
  assert.equal(await page.$(hook('banner')), null);
  assert.equal(await page.$(hook('error')), null, 'what was wrong is not said any more');
});

story('who cannot write yet is not told that what one writes waits', 'room-entering', async (page) => {
  assert.ok(await page.$(hook('composer-silent')));
  const told = await page.$eval(`${hook('banner')}[data-state="fault-unreachable"]`, (banner) => (banner.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''));
  assert.match(told, /goes on by itself.*within 7 seconds/u);
  assert.doesNotMatch(told, /waits here/u);
});

story('a title that is too long for its place is cut at its end, in whatever direction it is read', 'room-title-rtl', async (page) => {
  for (const [title, width] of /** @type {const} */ ([[`${hook('room')} b`, 1280], [hook('room-title'), 400]])) {
    await page.setViewport({ width, height: 800 });
    const place = await page.$eval(title, (shown) => {
      const range = document.createRange();
      const text = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT).nextNode();
      if (text === null) throw new Error('no text');
      range.setStart(text, 0);
      range.setEnd(text, 1);
      const [begin, box] = [range.getBoundingClientRect(), shown.getBoundingClientRect()];
      return { cut: shown.scrollWidth > shown.clientWidth, begin: begin.left >= box.left - 1 && begin.right <= box.right + 1 };
    });
    assert.deepEqual(place, { cut: true, begin: true }, title);
  }
});

story('a room that was reorganised is rejoined only by a second yes, at the branch that was shown', 'reorganised-normal', async (page) => {
  const asked = await page.$eval(hook('reorganised'), (panel) => (panel.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''));
  for (const told of [REORGANISED.by, ...REORGANISED.people, ...REORGANISED.words, 'it proves nothing']) assert.ok(asked.includes(told), `"${told}" is not in sight`);
  assert.match(await page.$eval(hook('check-hint'), (hint) => hint.textContent ?? ''), /do not rejoin/u, 'the words of the room as it was are told apart');

  await page.click(hook('rejoin'));
  await page.waitForSelector(hook('dialog-rejoin'));
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'rejoin');
  assert.deepEqual(await calls(page, 'rejoin_room'), []);

  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-rejoin'));
  await page.click(hook('confirm'));
  await page.waitForSelector('[data-state="phase-joining"]');
  assert.deepEqual(await calls(page, 'rejoin_room'), [{ room: PRESS, branch: REORGANISED.branch }]);
  assert.equal(await page.$(hook('reorganised')), null);
  assert.equal(await focused(page), 'room-title', 'the focus is somewhere although the button is gone');
});

story('a room that was reorganised is stayed in by a second no, to the branch that was shown', 'reorganised-normal', async (page) => {
  assert.match(await page.$eval('#reorganised-stay', (line) => line.textContent ?? ''), /as you know it/u);
  assert.equal(await page.$eval(hook('stay'), (button) => button.getAttribute('aria-describedby')), 'reorganised-stay');
  await page.focus(hook('stay'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-stay'));
  assert.equal(await focused(page), 'cancel', 'nor is a no given by accident');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'stay');
  assert.deepEqual(await calls(page, 'stay_in_room'), []);

  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-stay'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-test="reorganised"]') === null);
  assert.deepEqual(await calls(page, 'stay_in_room'), [{ room: PRESS, branch: REORGANISED.branch }]);
  assert.deepEqual(await calls(page, 'rejoin_room'), []);
  assert.equal(await focused(page), 'composer', 'one writes on');
});

story('who cannot read on is told so, and has no no', 'reorganised-many', async (page) => {
  assert.equal(await page.$(hook('stay')), null);
  assert.match(await page.$eval('#reorganised-stay', (line) => line.textContent ?? ''), /cannot stay/u);
});

story('whose own app went on elsewhere is told so, and not by a name that anybody can choose', 'reorganised-own', async (page) => {
  const told = await page.$eval(hook('reorganised-by'), (line) => line.textContent ?? '');
  assert.match(told, /own app.*copy.*What you write waits/u);
  assert.doesNotMatch(told, /Heron|Anybody can choose/u);
});

story('whom nobody has confirmed is told what staying means', 'reorganised-unconfirmed', async (page) => {
  assert.match(await page.$eval(hook('dialog-stay'), (dialog) => dialog.textContent ?? ''), /Nobody has confirmed yet/u);
});

story('in a small window a question begins at its beginning, with the focused answer in sight', 'reorganised-normal', async (page) => {
  await page.setViewport({ width: 640, height: 400 });
  await page.focus(hook('rejoin'));
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-rejoin'));
  assert.equal(await focused(page), 'cancel');
  const { scrolled, scrolls, bottom } = await page.$eval('dialog', (dialog) => ({
    scrolled: dialog.scrollTop,
    scrolls: dialog.scrollHeight > dialog.clientHeight,
    bottom: dialog.getBoundingClientRect().bottom - (document.activeElement?.getBoundingClientRect().bottom ?? Infinity),
  }));
  assert.ok(scrolls, 'it does not fit');
  assert.equal(scrolled, 0);
  assert.ok(bottom > 0, 'the answer is within the dialog');
});

story('a question that has changed meanwhile takes no yes', 'reorganised-over', async (page) => {
  assert.equal(await page.$(hook('confirm')), null);
  assert.equal(await focused(page), 'cancel');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'rejoin_room'), []);
  await page.click(hook('rejoin'));
  await page.click(hook('confirm'));
  await page.waitForSelector('[data-state="phase-joining"]');
  assert.deepEqual(await calls(page, 'rejoin_room'), [{ room: PRESS, branch: 'another' }]);
});

story('the question is a pane of its own, folds, and stays folded while lines come in', 'reorganised-normal', async (page) => {
  const walked = [];
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press('F6');
    walked.push(await page.evaluate(() => document.activeElement?.closest('[data-pane]')?.className.split(' ')[0]));
  }
  assert.deepEqual(walked, ['people', 'sidebar', 'room__head', 'reorganised', 'timeline__scroll', 'composer']);
  const folded = () => page.$eval(`${hook('reorganised')} details`, (fold) => !(/** @type {HTMLDetailsElement} */ (fold).open));
  await page.focus(hook('reorganised-fold'));
  await page.keyboard.press('Enter');
  assert.ok(await folded());
  await emit(page, { kind: 'itemsChanged', room: PRESS, items: [line('100', 'meanwhile')] });
  await page.waitForFunction(() => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'meanwhile');
  assert.ok(await folded());
});

story('what is written while the room asks says what it waits for', 'reorganised-waiting', async (page) => {
  assert.match(await page.$eval(`${hook('item-state')}[data-state="waiting"]`, (state) => state.textContent ?? ''), /your answer/u);
  assert.equal(await page.$(hook('composer-silent')), null, 'it can be written');
});

story('locking while others are connected asks first', 'dialog-lock', async (page) => {
  assert.equal(await focused(page), 'cancel', 'the safe answer has the focus');
  assert.deepEqual(await calls(page, 'lock_vault'), []);
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('unlock-form'));
});

story('locking leaves nothing of a room on the page, and nothing is ever stored', 'room-normal', async (page) => {
  await page.click(hook('lock-now'));
  await page.waitForSelector(hook('dialog-lockHosting'));
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('unlock-form'));
  assert.doesNotMatch(await page.$eval('body', (body) => body.textContent ?? ''), /Press desk|Wren|stamps/u);
  assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length]), [0, 0, '', 0]);
});

story('closing while others are connected asks first, and closes only when told to', 'dialog-close', async (page) => {
  assert.deepEqual(await calls(page, 'close_window'), []);
  await page.click(hook('confirm'));
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'close_window'), [{ confirmed: true }]);
});
