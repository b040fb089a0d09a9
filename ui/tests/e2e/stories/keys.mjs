// Kim, Lee and Max have no mouse. Whatever they do, they do with Tab, Enter, Space, arrows and typing.

import assert from 'node:assert/strict';
import { KEYS, Keyboard } from '../keyboard.mjs';
import { clipboard } from '../screen.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Night shift';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @import { Window } from '../window.mjs'
 *
 * @typedef {object} Typist Somebody at a keyboard.
 * @property {App} app
 * @property {Window} window
 * @property {Keyboard} keys
 */

/** @param {Stage} stage */
export async function keys(stage) {
  const kim = await begin(stage, 'Kim');
  const relay = await make(stage, kim);
  const lee = await begin(stage, 'Lee');
  await join(stage, kim, lee);
  await talk(stage, kim, lee);
  const max = await begin(stage, 'Max');
  await speak(stage, kim, max, relay);
  await lock(stage, kim, max, relay);
  await part(stage, kim, lee);
  await eraseRoom(stage, lee);
  await erase(stage, kim, lee);
  await max.app.close();
}

/**
 * @param {Stage} stage
 * @param {string} name
 * @returns {Promise<Typist>}
 */
function begin({ machine, step }, name) {
  return step(`${name} opens Conclave for the first time, and chooses a passphrase`, async () => {
    const app = machine.person(name);
    const window = await app.open();
    const typist = { app, window, keys: new Keyboard(window) };
    await window.see('first-form');
    await typist.keys.fill('field-passphrase', 'correct horse');
    await typist.keys.fill('field-passphrase-again', 'correct horse');
    await typist.keys.enter('create-vault');
    await window.see('screen-home');
    return typist;
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @returns {Promise<string>} Where the relay is.
 */
async function make({ machine, step }, { window, keys }) {
  const relay = await machine.relay('relay-of-the-night-shift');
  await step('Kim makes a room by rules of her own', async () => {
    await keys.enter('home-create');
    await keys.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await keys.fill('field-nick', 'Kim');
    await keys.fill('field-title', TITLE);
    await keys.enter('[data-test="rules-messages"] > summary');
    await keys.to('lifetime-86400');
    await keys.press(KEYS.left);
    await keys.isAt('lifetime-3600');
    await keys.enter('[data-test="rules-people"] > summary');
    await keys.to('size-16');
    await keys.press(KEYS.right);
    await keys.isAt('size-64');
    assert.match(await window.text('rules-messages'), /burn after 1 hour/u);
    assert.match(await window.text('rules-people'), /up to 64/u);
    await keys.enter('create-room');
  });
  await step('she copies the invitation', async () => {
    await window.see('invitation-link');
    await keys.enter('copy-link');
    await until('the link on the clipboard', () => clipboard()?.startsWith('conclave://') === true);
    await keys.enter('enter');
    await keys.isAt('composer');
  });
  return relay.address;
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} lee
 */
async function join({ step }, kim, lee) {
  await step('Lee pastes it, reads what it leads to, and comes in', async () => {
    await lee.keys.to('invitation');
    await lee.keys.press(KEYS.control, 'v');
    await until('the pasted link', async () => (await lee.window.value('invitation'))?.startsWith('conclave://'));
    await lee.keys.press(KEYS.enter);
    await lee.window.see('preview');
    assert.equal(await lee.window.text('preview-title'), TITLE);
    await lee.keys.fill('field-nick', 'Lee');
    await lee.keys.enter('enter-room');
    await lee.keys.to('composer');
    await kim.window.see('[data-test="item"][data-kind="joined"]');
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} lee
 */
async function talk({ step }, kim, lee) {
  await step('they write, and Lee takes something back', async () => {
    await kim.keys.say('Who has the key to the gate?');
    await lee.window.hears('Who has the key to the gate?', 'stored');
    await lee.keys.say('Not me, and not Jo.');
    await kim.window.hears('Not me, and not Jo.', 'stored');
    await lee.keys.backTo('[data-own="yes"] [data-test="retract"]');
    await lee.keys.press(KEYS.enter);
    await kim.window.see('retracted');
    await lee.keys.isSomewhere();
  });
  await step('Kim seals a message, and Lee keeps Space down to read it', async () => {
    await kim.keys.enter('sealing');
    await kim.keys.to('[name="seal"]:checked');
    await kim.keys.press(KEYS.right);
    await kim.keys.fill('composer', 'It lies under the third stone.');
    await kim.keys.press(KEYS.enter);
    await lee.keys.backTo('card-hold');
    await lee.keys.hold(KEYS.space, async () => {
      assert.match(await lee.window.text('card-text'), /third stone/u);
    });
    await lee.window.see('[data-card="opened"]');
    await lee.keys.isSomewhere();
    assert.doesNotMatch(await lee.window.words(), /third stone/u);
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} max
 * @param {string} address
 */
async function speak({ step }, kim, max, address) {
  const said = await step('Kim reads a number and three words aloud', async () => {
    await kim.keys.backTo('invite');
    await kim.keys.press(KEYS.enter);
    await kim.keys.enter('speak');
    await kim.window.see('[data-test="spoken-entry"][data-state="waiting"]');
    return (await kim.window.text('spoken-words')).replace(/\s+/gu, ' ');
  });
  await step('Max types them, and comes in', async () => {
    await max.keys.enter('home-join');
    await max.keys.enter('to-spoken');
    await max.keys.fill('field-invitation', said);
    await max.keys.fill('field-address', address);
    await max.keys.enter('hear');
    await max.window.see('enter-form');
    await max.keys.fill('field-nick', 'Max');
    await max.keys.enter('enter-room');
    await max.keys.to('composer');
    await kim.window.see('[data-test="spoken-entry"][data-state="handedOver"]');
    await kim.keys.press(KEYS.escape);
    await kim.keys.isAt('composer');
  });
  await step('Max leaves again', async () => {
    await max.keys.enter('leave');
    await max.window.see('dialog-leave');
    await max.keys.enter('confirm');
    await max.window.see('screen-home');
    await max.window.gone('room');
    await max.keys.isSomewhere();
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} max
 * @param {string} address
 */
async function lock({ step }, kim, max, address) {
  const code = await step('Kim locks the room, and copies its code', async () => {
    await kim.keys.enter('lock-room');
    await kim.window.see('[data-test="phase"][data-state="locked"]');
    await kim.keys.isAt('unlock-room');
    await kim.keys.backTo('invite');
    await kim.keys.press(KEYS.enter);
    await kim.keys.enter('copy-code');
    const code = await kim.window.text('invitation-code');
    await until('the code on the clipboard', () => clipboard() === code);
    await kim.keys.enter('enter');
    return code;
  });
  await step('Max knocks, Kim compares four words and lets him in', async () => {
    await max.keys.fill('invitation', code);
    await max.keys.press(KEYS.enter);
    await max.window.see('where-form');
    await max.keys.fill('field-address', address);
    await max.keys.enter('where-next');
    await max.window.see('knock-form');
    await max.keys.fill('field-nick', 'Max');
    await max.keys.fill('field-knock-note', 'It is me again.');
    await max.keys.enter('knock');
    await max.window.see('[data-test="knocking"][data-state="waiting"]');
    await kim.keys.enter('let-in');
    await kim.window.see('dialog-letIn');
    await kim.keys.enter('confirm');
    await max.keys.to('composer');
    await kim.window.gone('knock-row');
    await kim.keys.isSomewhere();
  });
  await step('Kim removes Max, who takes the room off his list', async () => {
    await kim.keys.enter('[data-test="remove-member"][aria-label*="Max"]');
    await kim.window.see('dialog-removeMember');
    await kim.keys.enter('confirm');
    await kim.window.see('locked-for-good');
    await kim.keys.isSomewhere();
    await max.window.see('[data-test="banner"][data-state="phase-gone"]');
    await max.keys.enter('remove');
    await max.window.see('dialog-remove');
    await max.keys.enter('confirm');
    await max.window.see('screen-home');
    await max.window.gone('room');
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} lee
 */
async function part({ step }, kim, lee) {
  await step('Kim closes the room, and Lee dismisses what is left of it', async () => {
    await kim.keys.enter('close-room');
    await kim.window.see('dialog-closeRoom');
    await kim.keys.enter('confirm');
    await kim.window.see('screen-home');
    await kim.keys.isSomewhere();
    await lee.window.see('[data-test="ended"][data-state="closedByOwner"]');
    await lee.keys.enter('dismiss');
    await lee.window.see('screen-home');
    await lee.window.gone('room');
    await lee.keys.isSomewhere();
  });
}

/** Longer than what is held has to be held. */
const HELD_MS = 1300;

/**
 * @param {Stage} stage
 * @param {Typist} lee
 */
async function eraseRoom({ step }, { window, keys }) {
  await step('Lee hosts a room, and erases it for everybody by keeping Enter down', async () => {
    await keys.enter('home-host');
    await keys.fill('field-nick', 'Lee');
    await keys.enter('host-room');
    await window.see('[data-test="hosting"][data-state="running"]');
    await keys.enter('enter');
    await keys.isAt('composer');
    await keys.to('erase-room');
    await keys.holdFor(KEYS.enter, HELD_MS);
    await window.see('[data-test="ended"][data-state="erasedByOwner"]');
    await keys.isSomewhere();
    await keys.enter('dismiss');
    await window.see('screen-home');
    await keys.isSomewhere();
  });
}

/**
 * @param {Stage} stage
 * @param {Typist} kim
 * @param {Typist} lee
 */
async function erase({ step }, kim, lee) {
  await step('Lee erases the computer by keeping Space down on the button below', async () => {
    await lee.keys.to('erase');
    await lee.app.beginsAnew(() => lee.keys.holdFor(KEYS.space, HELD_MS));
  });
  await step('Kim erases her computer by two presses of a key, and Conclave is as new', async () => {
    const erase = [KEYS.control, KEYS.shift, KEYS.backspace];
    await kim.app.beginsAnew(() => kim.keys.strikeInOneGo(erase, erase));
    await kim.app.open();
    await kim.app.window.see('first-form');
    await kim.app.close();
  });
}
