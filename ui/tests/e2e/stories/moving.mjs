// Oskar removes somebody from his room and moves it, so that nobody outside knows its code. Pia follows with one click.

import assert from 'node:assert/strict';
import { enter, firstRun, invitationOf, isIn } from '../habits.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Reading group';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @import { Window } from '../window.mjs'
 * @typedef {{ oskar: App, pia: App, quinn: App }} Cast
 */

/** @param {Stage} stage */
export async function moving(stage) {
  const person = (/** @type {string} */ name) => stage.machine.person(name);
  const cast = { oskar: person('Oskar'), pia: person('Pia'), quinn: person('Quinn') };
  await meet(stage, cast);
  await move(stage, cast);
  await follow(stage, cast);
  await moveHere(stage, cast);
  for (const app of Object.values(cast)) await app.close();
}

/**
 * Three are in the room, and one of them is removed.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function meet({ machine, step }, { oskar, pia, quinn }) {
  await step('Oskar creates a room, and Pia and Quinn come in', async () => {
    const relay = await machine.relay('relay-of-the-old-room');
    await firstRun(oskar, 'correct horse');
    const { window } = oskar;
    await window.click('home-create');
    await window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await window.fill('field-nick', 'Oskar');
    await window.fill('field-title', TITLE);
    await window.click('create-room');
    const link = await invitationOf(oskar);
    await window.click('enter');
    for (const [app, nick] of /** @type {const} */ ([[pia, 'Pia'], [quinn, 'Quinn']])) {
      await firstRun(app, 'battery staple');
      await app.window.fill('invitation', link);
      await app.window.click('join');
      await app.window.see('enter-form');
      await enter(app, nick);
      await isIn(app.window);
    }
    await pia.window.say('Shall we begin?');
    await window.hears('Shall we begin?', 'stored');
  });
  await step('Oskar removes Quinn; the door stays locked, and says what leads on', async () => {
    await oskar.window.click('[data-test="remove-member"][aria-label*="Quinn"]');
    await oskar.window.click('[data-test="dialog-removeMember"] [data-test="confirm"]');
    await oskar.window.see('locked-for-good');
    await quinn.window.see('[data-test="banner"][data-state="phase-gone"]');
    await oskar.window.see('move-from-door');
  });
}

/**
 * To another relay, whose key he compares.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function move({ machine, gallery, step }, { oskar, pia, quinn }) {
  await step('Oskar moves the room to another relay, and compares its key first', async () => {
    const relay = await machine.relay('relay-of-the-new-room');
    const { window } = oskar;
    const old = await current(window);
    await window.click('move-from-door');
    await window.see('dialog-moveRoom');
    assert.match(await window.text('move-points'), /removed[\s\S]*does not get that code/u);
    await window.click('move-where-relay');
    await window.fill('field-address', relay.address);
    await gallery.draw(window, 'move-room');
    await window.click('[data-test="dialog-moveRoom"] [data-test="confirm"]');
    await window.see('dialog-unvouched');
    assert.equal((await window.text('pin')).replace(/\s/gu, ''), relay.pin);
    await window.click('[data-test="dialog-unvouched"] [data-test="confirm"]');
    await until('the new room in Oskar’s window', async () => (await current(window)) !== old);
    await isIn(window);
    assert.equal(await window.text('room-title'), TITLE);
    assert.equal(await count(window), 2, 'the old one is still there');
    await openOther(window);
    await window.see('[data-test="moved"][data-state="own"]');
    assert.match(await window.text('moved-waits'), /^One other person has not followed yet/u);
    await gallery.draw(window, 'moved-owner');
  });
  await step('Pia is told where it went and by whom, and can still write; Quinn hears nothing of it', async () => {
    await pia.window.see('[data-test="moved"][data-state="other"]');
    assert.match(await pia.window.text('moved-news'), /^Oskar moved this room to 127\.0\.0\.1:\d+\./u);
    await pia.window.say('One moment.');
    // Unread, it would keep the old room.
    oskar.window.raise();
    await oskar.window.hears('One moment.', 'stored');
    await gallery.draw(pia.window, 'moved-member');
    assert.ok(!(await quinn.window.isThere('moved')), 'who was removed is not led there');
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function follow({ step }, { oskar, pia, quinn }) {
  await step('Pia follows with one click; the old room goes from both lists by itself', async () => {
    await followFrom(pia.window);
    assert.equal(await pia.window.text('room-title'), TITLE);
    for (const { window } of [oskar, pia]) {
      await until(`one room in ${window.name}’s list`, async () => (await count(window)) === 1, {
        detail: () => window.words(),
      });
    }
    await pia.window.say('Here we are.');
    await oskar.window.click('room');
    await oskar.window.hears('Here we are.', 'stored');
    assert.deepEqual(await oskar.window.said(), ['Here we are.'], 'nothing came along');
    assert.ok(!(await quinn.window.isThere('moved')));
  });
}

/**
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function moveHere({ step }, { oskar, pia }) {
  await step('Oskar moves it again, to his own computer, and takes that back before Pia has followed', async () => {
    const { window } = oskar;
    await moveToComputer(window);
    await pia.window.see('moved');
    await openOther(window);
    await window.click('take-move-back');
    await window.click('[data-test="dialog-takeMoveBack"] [data-test="confirm"]');
    await window.gone('moved');
    await pia.window.gone('moved');
    await pia.window.say('Are we staying?');
    await window.hears('Are we staying?', 'stored');
  });
  await step('he moves it once more, and Pia follows there', async () => {
    const { window } = oskar;
    await moveToComputer(window);
    await followFrom(pia.window);
    await pia.window.say('At your place, then.');
    await window.hears('At your place, then.', 'stored');
    await until('one room in Pia’s list', async () => (await count(pia.window)) === 1);
  });
}

/** Moves the room on the screen to the computer of whoever sits there. @param {Window} window */
async function moveToComputer(window) {
  const old = await current(window);
  await window.click('move-room');
  await window.click('move-where-here');
  await window.see('[data-test="dialog-moveRoom"] [data-test="reach"]');
  await window.click('[data-test="dialog-moveRoom"] [data-test="confirm"]');
  await until('the new room on the screen', async () => (await current(window)) !== old);
}

/** Goes to where the room on the screen has moved. @param {Window} window */
async function followFrom(window) {
  const old = await current(window);
  await window.click('follow-room');
  await until(`another room in ${window.name}’s window`, async () => (await current(window)) !== old);
  await isIn(window);
}

/** The room on the screen. @param {Window} window */
function current(window) {
  return window.attribute('[data-test="room"][aria-current="page"]', 'data-room');
}

/** How many rooms are in the list. @param {Window} window */
function count(window) {
  return window.session.run(() => document.querySelectorAll('[data-test="room"]').length);
}

/** Goes to the room that moved, which is not on the screen. @param {Window} window */
async function openOther(window) {
  await window.click('[data-test="room"]:has(.room-entry__line .icon):not([aria-current])');
  await window.see('moved');
}
