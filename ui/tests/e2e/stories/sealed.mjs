// Uma and Viktor write what can be read once, what burns sooner, and what is taken back.

import assert from 'node:assert/strict';
import { enter, firstRun, invitationOf, isIn, openRoom, unlock } from '../habits.mjs';
import { until } from '../wait.mjs';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @import { Window } from '../window.mjs'
 */

const TITLE = 'Handover';
const SECRET = 'The archive is behind the north gate.';

/** @param {Stage} stage */
export async function sealed(stage) {
  const [uma, viktor] = [stage.machine.person('Uma'), stage.machine.person('Viktor')];
  await meet(stage, uma, viktor);
  await seal(stage, uma, viktor);
  await burn(stage, uma, viktor);
  await retract(stage, uma, viktor);
  for (const app of [uma, viktor]) await app.close();
}

/**
 * A room whose apps say what was seen, with a passphrase beside its code.
 * @param {Stage} stage
 * @param {App} uma
 * @param {App} viktor
 */
async function meet({ machine, step }, uma, viktor) {
  const link = await step('Uma creates a room with receipts and a passphrase', async () => {
    const relay = await machine.relay('relay-of-the-handover');
    await firstRun(uma, 'correct horse');
    const { window } = uma;
    await window.click('home-create');
    await window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await window.fill('field-nick', 'Uma');
    await window.fill('field-title', TITLE);
    await window.click('[data-test="rules-messages"] > summary');
    await window.click('receipts-seen');
    await window.fill('field-passphrase', 'under the bridge');
    await window.click('create-room');
    return invitationOf(uma);
  });
  await step('Viktor comes in with both, and reads these rules', async () => {
    await firstRun(viktor, 'battery staple');
    await viktor.window.fill('invitation', link);
    await viktor.window.click('join');
    await viktor.window.fill('field-passphrase', 'under the bridge');
    await enter(viktor, 'Viktor');
    await isIn(viktor.window);
    await viktor.window.click('rules-fold');
    assert.match(await viktor.window.text('rules'), /that messages were seen[\s\S]*invitation and passphrase/u);
    await uma.window.click('enter');
    await uma.window.see('[data-test="item"][data-kind="joined"]');
  });
}

/**
 * @param {Stage} stage
 * @param {App} uma
 * @param {App} viktor
 */
async function seal({ gallery, step }, uma, viktor) {
  await step('Uma seals a message with the mouse', async () => {
    const { window } = uma;
    await window.click('sealing');
    await window.click('seal-10');
    await gallery.draw(window, 'sealed-choice');
    await window.fill('composer', SECRET);
    await window.click('send');
    await window.see('[data-test="card"][data-card="sealed"]');
    await window.gone('seal-10');
    assert.ok(!(await isThere(window)), 'its author does not keep it');
  });
  await step('Viktor reads it by holding Space; it is in his window no longer than that', async () => {
    const { window } = viktor;
    await window.see('card-hold');
    await gallery.draw(window, 'sealed-card');
    await key(window, 'keydown');
    await window.see('card-text');
    assert.equal(await window.text('card-text'), SECRET);
    await key(window, 'keyup');
    await window.gone('card-text');
    assert.ok(!(await isThere(window)));
    await window.see('[data-test="card"][data-card="opened"]');
    assert.ok(!(await isThere(window)));
  });
  await step('Uma sees that it was seen, and neither loading anew nor locking brings it back', async () => {
    await uma.window.see('[data-test="item-state"][data-state="viewed"]');
    const { window } = viktor;
    await window.session.run(() => void setTimeout(() => location.reload(), 100));
    await window.see('screen-home');
    await openRoom(viktor);
    await window.see('[data-test="card"][data-card="opened"]');
    assert.ok(!(await isThere(window)));
    await window.click('lock-now');
    await unlock(viktor, 'battery staple');
    await openRoom(viktor);
    await window.see('[data-test="card"][data-card="opened"]');
    assert.ok(!(await isThere(window)));
  });
}

/**
 * @param {Stage} stage
 * @param {App} uma
 * @param {App} viktor
 */
async function burn({ step }, uma, viktor) {
  await step('a message of Uma’s burns sooner than the room has it, in both windows', async () => {
    await uma.window.click('sealing');
    await uma.window.click('fuse-60');
    await uma.window.say('Gone in a minute.');
    await viktor.window.hears('Gone in a minute.', 'stored');
    for (const { window } of [uma, viktor]) {
      const isGone = async () => !(await window.said()).includes('Gone in a minute.');
      await until(`the end of it in ${window.name}’s window`, isGone, { patience: 100_000 });
    }
  });
}

/**
 * @param {Stage} stage
 * @param {App} uma
 * @param {App} viktor
 */
async function retract({ gallery, step }, uma, viktor) {
  await step('Viktor takes a message back, and it is gone from Uma’s window', async () => {
    await viktor.window.say('I should not have said this.');
    await uma.window.hears('I should not have said this.', 'stored');
    const line = (await viktor.window.lines()).find(({ text }) => text === 'I should not have said this.');
    await viktor.window.click(`[data-id="${line?.id}"] [data-test="retract"]`);
    await gallery.draw(viktor.window, 'retract');
    for (const { window } of [viktor, uma]) {
      await window.see('retracted');
      assert.ok(!(await window.said()).includes('I should not have said this.'));
    }
  });
}

/** Whether the text is anywhere in the page. @param {Window} window */
function isThere(window) {
  return window.session.run((text) => document.documentElement.outerHTML.includes(text), SECRET);
}

/**
 * What a key does that is held: the driver only ever presses and lets go.
 * @param {Window} window
 * @param {string} type
 */
function key(window, type) {
  return window.session.run((name) => {
    const button = /** @type {HTMLElement} */ (document.querySelector('[data-test="card-hold"]'));
    button.focus();
    button.dispatchEvent(new KeyboardEvent(name, { key: ' ', code: 'Space', bubbles: true, cancelable: true }));
  }, type);
}
