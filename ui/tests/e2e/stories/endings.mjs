// Rita makes a room by rules of her own, locks it, removes somebody, and ends it for everybody by leaving.

import assert from 'node:assert/strict';
import { enter, firstRun, invitationOf, isIn, join, preview, unlock } from '../habits.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Strike committee';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @typedef {{ rita: App, sven: App, tess: App }} Cast
 */

/** @param {Stage} stage */
export async function endings(stage) {
  const person = (/** @type {string} */ name) => stage.machine.person(name);
  const cast = { rita: person('Rita'), sven: person('Sven'), tess: person('Tess') };
  const link = await make(stage, cast);
  await lock(stage, cast, link);
  await remove(stage, cast);
  await end(stage, cast);
  for (const app of Object.values(cast)) await app.close();
}

/**
 * A room with rules that Sven reads before he comes in.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function make({ machine, gallery, step }, { rita, sven }) {
  const link = await step('Rita creates a room and chooses its rules', async () => {
    const relay = await machine.relay('relay-of-the-committee');
    await firstRun(rita, 'correct horse');
    const { window } = rita;
    await window.click('home-create');
    await window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await window.fill('field-nick', 'Rita');
    await window.fill('field-title', TITLE);
    await window.click('[data-test="rules-messages"] > summary');
    await window.click('lifetime-3600');
    await window.click('[data-test="rules-room"] > summary');
    await window.click('idle-604800');
    assert.match(await window.text('rules-room'), /ends after 7 days of silence, or when you leave/u);
    await gallery.draw(window, 'create-rules');
    await window.click('create-room');
    return invitationOf(rita);
  });
  await step('Sven reads the rules at the door, and comes in', async () => {
    await firstRun(sven, 'battery staple');
    await preview(sven, link, { title: TITLE, people: ['Rita'] });
    const rules = await sven.window.text('rules');
    for (const rule of [/after\s*1 hour/u, /7 days of silence/u, /leaves\s*it ends for everybody/u, /16/u]) {
      assert.match(rules, rule);
    }
    await enter(sven, 'Sven');
    await isIn(sven.window);
    await rita.window.click('enter');
    await rita.window.see('[data-test="item"][data-kind="joined"]');
  });
  return link;
}

/**
 * While the room is locked, the invitation leads as far as its door.
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function lock({ gallery, step }, { rita, sven, tess }, link) {
  await step('Rita locks the room, and Sven sees it', async () => {
    await rita.window.click('lock-room');
    await sees(rita, 'locked');
    await sees(sven, 'locked');
    await gallery.draw(rita.window, 'owner-locked');
    assert.ok(!(await sven.window.isThere('unlock-room')), 'only she can unlock it');
    await rita.window.say('Nobody else comes in tonight.');
    await sven.window.hears('Nobody else comes in tonight.', 'stored');
  });
  await step('Tess finds the door locked, and could knock', async () => {
    await firstRun(tess, null);
    await tess.window.fill('invitation', link);
    await tess.window.click('join');
    await tess.window.see('knock-form');
    await gallery.draw(tess.window, 'preview-locked');
    // Past the invitation, which is still there.
    await tess.window.click('back');
    await tess.window.see('join-form');
    await tess.window.click('back');
    await tess.window.see('screen-home');
  });
  await step('Rita unlocks it from beside the invitation, and Tess comes in', async () => {
    await rita.window.click('invite');
    await rita.window.see('invite-locked');
    await gallery.draw(rita.window, 'invite-locked');
    await rita.window.click('unlock-room');
    await rita.window.gone('invite-locked');
    await rita.window.click('enter');
    await sven.window.see('[data-test="item"][data-kind="unlocked"]');
    await sven.window.gone('phase');
    await join(tess, link, { nick: 'Tess', title: TITLE, people: ['Rita', 'Sven'] });
  });
}

/**
 * Whoever was removed is out, and nobody comes in any more.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function remove({ gallery, step }, { rita, sven, tess }) {
  await step('Rita removes Tess, who sees it; the room is locked for good', async () => {
    await rita.window.click('[data-test="remove-member"][aria-label*="Tess"]');
    await rita.window.see('dialog-removeMember');
    await gallery.draw(rita.window, 'remove-member-normal');
    await rita.window.click('confirm');
    await tess.window.see('[data-test="banner"][data-state="phase-gone"]');
    for (const { window } of [rita, sven]) {
      await window.see('locked-for-good');
      await until(`two people in ${window.name}’s window`, async () => (await people(window)) === 2);
      const removed = window === rita.window ? /removed.*Tess/u : /Tess.*removed/u;
      assert.ok((await window.lines()).some(({ kind, text }) => kind === 'left' && removed.test(text)));
    }
    assert.ok(!(await rita.window.isThere('unlock-room')), 'what would be refused is not offered');
  });
  await step('Rita and Sven go on, and Tess reads nothing of it', async () => {
    await rita.window.say('Now it is only us.');
    await sven.window.hears('Now it is only us.', 'stored');
    await sven.window.say('As it was meant to be.');
    await rita.window.hears('As it was meant to be.', 'stored');
    const heard = await tess.window.said();
    assert.ok(!heard.includes('Now it is only us.') && !heard.includes('As it was meant to be.'), heard.join(' '));
  });
}

/**
 * The room ends with its owner.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function end({ gallery, step }, { rita, sven }) {
  await step('Rita leaves, is told what that does, and the room is gone from her list', async () => {
    await sven.window.fill('composer', 'One more thing');
    await rita.window.click('leave');
    assert.match(await rita.window.text('dialog-leave'), /ends for everybody, at once/u);
    await gallery.draw(rita.window, 'leave-closes');
    await rita.window.click('confirm');
    await rita.window.see('screen-home');
    await rita.window.gone('room');
  });
  await step('in Sven’s window the room has ended, with all that was in it', async () => {
    const { window } = sven;
    await window.see('[data-test="ended"][data-state="closedByOwner"]');
    await window.gone('composer');
    await gallery.draw(window, 'ended-normal');
    assert.ok(!(await window.words()).includes('One more thing'));
    assert.deepEqual(await window.lines(), []);
  });
  await step('what is left of it is there after a lock, until Sven dismisses it', async () => {
    const { window } = sven;
    await window.click('lock-now');
    await unlock(sven, 'battery staple');
    assert.match(await window.text('room'), new RegExp(TITLE, 'u'));
    await window.click('room');
    await window.see('ended');
    await window.click('dismiss');
    await window.see('screen-home');
    await window.gone('room');
  });
}

/** @param {App} app @param {string} phase */
async function sees({ window }, phase) {
  await window.see(`[data-test="phase"][data-state="${phase}"]`);
}

/** How many people are in the list. @param {import('../window.mjs').Window} window */
function people(window) {
  return window.session.run(() => document.querySelectorAll('[data-test="members"] > li').length);
}
