// Wanda makes a room whose door is locked. Xaver knocks, Yara was invited aloud, Zoe comes in once the door is open;
// then Wanda erases it for everybody.

import assert from 'node:assert/strict';
import { enter, firstRun, invitationOf, isIn } from '../habits.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Back room';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @import { Window } from '../window.mjs'
 * @typedef {{ wanda: App, xaver: App, yara: App, zoe: App }} Cast
 */

/** @param {Stage} stage */
export async function door(stage) {
  const person = (/** @type {string} */ name) => stage.machine.person(name);
  const cast = { wanda: person('Wanda'), xaver: person('Xaver'), yara: person('Yara'), zoe: person('Zoe') };
  const { link, address } = await make(stage, cast);
  await knock(stage, cast, link);
  await speak(stage, cast, address);
  await open(stage, cast, link);
  await erase(stage, cast);
  for (const app of Object.values(cast)) await app.close();
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function make({ machine, step }, { wanda }) {
  return step('Wanda creates a room with its door locked', async () => {
    const relay = await machine.relay('relay-of-the-back-room');
    await firstRun(wanda, 'correct horse');
    const { window } = wanda;
    await window.click('home-create');
    await window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await window.fill('field-nick', 'Wanda');
    await window.fill('field-title', TITLE);
    await window.click('new-locked');
    await window.click('create-room');
    const link = await invitationOf(wanda);
    await window.click('enter');
    await window.see('[data-test="phase"][data-state="locked"]');
    return { link, address: relay.address };
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function knock({ gallery, step }, { wanda, xaver }, link) {
  await step('Xaver knocks; Wanda reads who it is, and both see the same words', async () => {
    await firstRun(xaver, null);
    const { window } = xaver;
    await window.fill('invitation', link);
    await window.click('join');
    await window.fill('field-nick', 'Xaver');
    await window.fill('field-knock-note', 'It is me, from the library.');
    await window.click('knock');
    await window.see('[data-test="knocking"][data-state="waiting"]');
    await wanda.window.see('knock-row');
    assert.match(await wanda.window.text('knock-row'), /Xaver[\s\S]*from the library/u);
    const words = await wordsOf(wanda.window, 'knock-words');
    assert.equal(words.length, 4);
    assert.deepEqual(await wordsOf(window, 'knocking-words'), words);
    assert.ok(!(await window.words()).includes(TITLE), 'from outside nothing is known');
    await gallery.draw(window, 'knocking');
    await gallery.draw(wanda.window, 'knocks');
  });
  await step('Wanda lets him in, and they talk', async () => {
    await wanda.window.click('let-in');
    await wanda.window.see('dialog-letIn');
    await wanda.window.click('confirm');
    await xaver.window.see('composer');
    await wanda.window.gone('knock-row');
    await xaver.window.say('Thank you.');
    await wanda.window.hears('Thank you.', 'stored');
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} address
 */
async function speak({ gallery, step }, { wanda, yara }, address) {
  const said = await step('Wanda reads a number and three words aloud', async () => {
    const { window } = wanda;
    await window.click('invite');
    await window.click('speak');
    await window.see('[data-test="spoken-entry"][data-state="waiting"]');
    await gallery.draw(window, 'spoken');
    return window.text('spoken-words');
  });
  await step('Yara types them, knocks with what they give her, and nobody is asked', async () => {
    await firstRun(yara, null);
    const { window } = yara;
    await window.click('home-join');
    await window.click('to-spoken');
    await window.fill('field-invitation', said.replace(/\s+/gu, ' '));
    await window.fill('field-address', address);
    await window.click('hear');
    await window.see('knock-form');
    await window.fill('field-nick', 'Yara');
    await window.click('knock');
    await window.see('composer');
    await wanda.window.see('[data-test="spoken-entry"][data-state="handedOver"]');
    await wanda.window.click('enter');
    await wanda.window.say('All three of us.');
    await window.hears('All three of us.', 'stored');
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function open({ step }, { wanda, xaver, yara, zoe }, link) {
  await step('Wanda unlocks the door, and Zoe comes in as the fourth', async () => {
    await wanda.window.click('unlock-room');
    await wanda.window.gone('phase');
    await firstRun(zoe, null);
    await zoe.window.fill('invitation', link);
    await zoe.window.click('join');
    await zoe.window.see('enter-form');
    await enter(zoe, 'Zoe');
    await isIn(zoe.window);
    await zoe.window.say('Now we are four.');
    for (const { window } of [wanda, xaver, yara]) await window.hears('Now we are four.', 'stored');
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function erase({ gallery, step }, { wanda, xaver, yara, zoe }) {
  await step('Wanda holds the button, and the list fills: three apps confirm that the room is gone', async () => {
    const { window } = wanda;
    await window.see('erase-room');
    await hold(window);
    await window.see('[data-test="ended"][data-state="erasedByOwner"]');
    await until('three receipts', async () => (await confirmed(window)).length === 3);
    assert.deepEqual((await confirmed(window)).toSorted(), ['Xaver', 'Yara', 'Zoe']);
    assert.match(await window.text('burned-count'), /^3 of 3 apps have confirmed/u);
    await gallery.draw(window, 'burned');
    assert.ok(!(await window.words()).includes('Now we are four.'));
  });
  await step('in the windows of the others nothing is left but the title', async () => {
    for (const { window } of [xaver, yara, zoe]) {
      await window.see('[data-test="ended"][data-state="erasedByOwner"]');
      assert.ok(!(await window.words()).includes('All three of us.'));
      await window.click('dismiss');
      await window.see('screen-home');
      await window.gone('room');
    }
  });
}

/** Presses Enter on the button and keeps it down, until the button goes with its room. @param {Window} window */
async function hold(window) {
  await window.session.run(() => {
    const button = /** @type {HTMLElement} */ (document.querySelector('[data-test="erase-room"]'));
    button.focus();
    button.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
  });
  await window.gone('erase-room');
}

/** @param {Window} window @param {string} test */
function wordsOf(window, test) {
  return window.session.run(
    (name) => [...document.querySelectorAll(`[data-test="${name}"] > li`)].map((item) => item.textContent ?? ''),
    test,
  );
}

/** Whose apps have confirmed it. @param {Window} window */
function confirmed(window) {
  return window.session.run(() =>
    [...document.querySelectorAll('[data-test="burned-person"][data-state="confirmed"] bdi')].map(
      (name) => name.textContent ?? '',
    ),
  );
}
