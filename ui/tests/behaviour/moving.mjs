// Moving a room: its owner asks for it, everybody else follows with one key.

import assert from 'node:assert/strict';
import { LEGAL, PRESS } from '../world.js';
import { calls, emit, focused, hook, story } from './story.mjs';

/** @import { Page } from 'puppeteer-core' */

/** @param {Page} page @param {string} selector */
const read = (page, selector) =>
  page.$eval(selector, (found) => (found.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''));

/** @param {Page} page @param {string} test */
async function press(page, test) {
  await page.focus(hook(test));
  await page.keyboard.press('Enter');
}

/** Tabs on to something, at most so often. @param {Page} page @param {string} test */
async function tabTo(page, test) {
  for (let step = 0; step < 40; step += 1) {
    if ((await focused(page)) === test) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`Tab does not lead to ${test}`);
}

/** The room on the screen. @param {Page} page */
const here = (page) => page.$eval('[data-test="room"][aria-current]', (entry) => entry.getAttribute('data-room'));

story('a room is moved by keyboard alone, and its owner is led to the new one', 'owner-normal', async (page) => {
  await press(page, 'move-room');
  await page.waitForSelector(hook('dialog-moveRoom'));
  assert.equal(await focused(page), 'dialog-moveRoom', 'what it does is read first');
  const points = await read(page, hook('move-points'));
  assert.match(points, /new code.*removed.*follow.*locked at once.*24 hours.*left out/su);
  await tabTo(page, 'move-where-here');
  assert.ok(await page.$(`dialog ${hook('reach')}`), 'who can reach it is said');
  await page.keyboard.press('ArrowLeft');
  await page.waitForSelector(`dialog ${hook('field-address')}`);
  assert.equal(await focused(page), 'move-where-relay', 'the focus stays with the choice');
  await tabTo(page, 'field-address');
  assert.equal(await page.$eval(hook('field-address'), (field) => /** @type {any} */ (field).value), '');
  await page.keyboard.type('relay.example.net');
  await tabTo(page, 'field-passphrase');
  await page.keyboard.type('correct horse');
  await page.keyboard.press('Enter');
  await page.waitForFunction((old) => {
    const now = document.querySelector('[data-test="room"][aria-current]')?.getAttribute('data-room');
    return now !== old && document.querySelector('dialog') === null;
  }, {}, PRESS);
  const request = { room: PRESS, relay: 'relay.example.net', passphrase: 'correct horse' };
  assert.deepEqual(await calls(page, 'move_room'), [request]);
  assert.match(await read(page, hook('toast')), /asked to follow you here/u);
  assert.equal(await focused(page), 'composer');
  assert.match(await read(page, `[data-room="${PRESS}"]`), /Moved/u, 'the two are told apart in the list');
});

story('what is wrong with a move is said at its field, and typing on takes it away', 'move-error', async (page) => {
  assert.equal(await focused(page), 'field-address');
  assert.equal(await page.$eval(hook('field-address'), (field) => field.getAttribute('aria-invalid')), 'true');
  await page.keyboard.type('r');
  await page.waitForFunction(() => document.querySelector('dialog [data-test="error"]') === null);
});

story('so it is with a passphrase, which can be shown', 'move-passphrase-error', async (page) => {
  assert.equal(await focused(page), 'field-passphrase');
  await page.keyboard.type(' no more');
  await page.waitForFunction(() => document.querySelector('dialog [data-test="error"]') === null);
  await press(page, 'show-passphrase');
  await page.waitForSelector('dialog input[name="passphrase"][type="text"]');
  const typed = await page.$eval(hook('field-passphrase'), (field) => /** @type {any} */ (field).value);
  assert.match(typed, /short/u);
});

story('while it is made the question stays, and says so', 'move-busy', async (page) => {
  await page.keyboard.press('Escape');
  assert.match(await read(page, hook('confirm')), /Moving the room/u);
  assert.ok(await page.$(hook('dialog-moveRoom')));
});

story('the key of a relay is compared before the room moves there', 'move-unvouched', async (page) => {
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  assert.equal(await here(page), PRESS);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  const [, second] = await calls(page, 'move_room');
  assert.match(second.relay, /^relay\.example\.org~k=b3Kqv81x/u);
  assert.equal(second.passphrase, 'correct horse');
});

story('a key that is not the same moves nothing', 'move-unvouched', async (page) => {
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal((await calls(page, 'move_room')).length, 1);
  assert.equal(await page.$(hook('moved')), null);
  assert.notEqual(await focused(page), 'BODY');
});

story('a member is told once, goes on writing, and follows with one key', 'moved-member', async (page) => {
  assert.equal(await focused(page), 'composer', 'nothing takes the focus from who writes');
  const status = await read(page, `${hook('moved')} [role="status"]`);
  assert.match(status, /Wren moved this room to relay\.example\.org\.\s+Once you are in the new room and/u);
  assert.match(status, /Whoever serves it there sees your network address/u);
  assert.equal((await page.$$(`${hook('moved')} button`)).length, 1);
  await page.keyboard.type('One more thing');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => {
    const said = [...document.querySelectorAll('[data-test="item-text"]')];
    return said.some(({ textContent }) => textContent === 'One more thing');
  });
  await page.keyboard.down('Shift');
  await tabTo(page, 'follow-room');
  await page.keyboard.up('Shift');
  await page.keyboard.press('Enter');
  await page.waitForFunction((old) => {
    return document.querySelector('[data-test="room"][aria-current]')?.getAttribute('data-room') !== old;
  }, {}, LEGAL);
  await page.waitForSelector(`${hook('banner')}[data-state="phase-awaitingConfirmation"]`);
  assert.deepEqual(await calls(page, 'follow_room'), [{ room: LEGAL }]);
  const there = await here(page);
  await emit(page, { kind: 'roomRemoved', room: LEGAL });
  await page.waitForFunction((old) => document.querySelector(`[data-room="${old}"]`) === null, {}, LEGAL);
  assert.equal(await here(page), there, 'the old one goes without a question');
});

story('who would lose something by following is told what, and can stay', 'moved-follow', async (page) => {
  // All of them are dialled, and each hears where this person is.
  for (const place of [/onion:7443/u, /192\.168\.178\.20:7443/u, /192\.168\.178\.26:7443/u]) {
    assert.match(await read(page, 'dialog h2'), place);
    assert.match(await read(page, hook('moved-line')), place);
  }
  assert.equal(await focused(page), 'cancel');
  const said = await read(page, 'dialog');
  assert.match(said, /178\.26:7443\?.*has gone out.*goes from this computer.*begun to write/su);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'follow_room'), []);
  await press(page, 'follow-room');
  await page.waitForSelector(hook('dialog-followRoom'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'follow-room');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-followRoom'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${hook('banner')}[data-state="phase-awaitingConfirmation"]`);
  assert.deepEqual(await calls(page, 'follow_room'), [{ room: LEGAL }]);
});

story('the news stand still while the time and the people of a move change', 'moved-owner', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const status = /** @type {Element} */ (document.querySelector('[data-test="moved"] [role="status"]'));
    const seen = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { seen });
    new MutationObserver(() => seen.push(status.textContent ?? '')).observe(status, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    const summary = structuredClone(fake.world.snapshot.rooms[0]);
    summary.members = 2;
    summary.moved.endsAt -= 4000;
    fake.emit({ kind: 'roomChanged', summary });
  });
  await page.waitForFunction(() => /One other person/u.test(document.body.textContent ?? ''));
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).seen), []);
});

story('the owner opens the new room, ends the old one by a second yes', 'moved-owner', async (page) => {
  assert.match(await read(page, hook('moved-waits')), /3 other people have not followed yet.*19 hours/u);
  assert.equal(await page.$(hook('move-room')), null, 'it is moved once');
  await press(page, 'end-moved');
  await page.waitForSelector(hook('dialog-closeRoom'));
  assert.equal(await focused(page), 'cancel');
  assert.match(await read(page, 'dialog h2'), /old room Press desk, which has moved to relay\.example\.org/u);
  assert.match(await read(page, 'dialog'), /has not followed to the new room yet is left out/u);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'end-moved');
  assert.deepEqual(await calls(page, 'close_room'), []);
  await press(page, 'follow-room');
  await page.waitForFunction((old) => {
    return document.querySelector('[data-test="room"][aria-current]')?.getAttribute('data-room') !== old;
  }, {}, PRESS);
});

story('who came in meanwhile is told by the owner’s word, and nobody before', 'moved-owner-came', async (page) => {
  assert.match(await read(page, hook('moved-came')), /Nobody is told.*Otter.*2 more.*came in after/su);
  await press(page, 'tell-newcomers');
  await page.waitForSelector(hook('dialog-tellNewcomers'));
  assert.match(await read(page, 'dialog'), /Ottilie.*Otter, Siskin, Egret, Dunlin,? and Avocet.*under another name/su);
  assert.deepEqual(await calls(page, 'tell_newcomers'), []);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-test="moved-came"]') === null);
  const [told] = await calls(page, 'tell_newcomers');
  assert.deepEqual(told, { room: PRESS, members: ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'] });
  assert.equal(await focused(page), 'follow-room', 'the focus is not lost with the button');
});

story('the owner takes the move back, and is told what that does first', 'moved-owner', async (page) => {
  await press(page, 'take-move-back');
  await page.waitForSelector(hook('dialog-takeMoveBack'));
  assert.match(await read(page, 'dialog'), /goes on, locked.*new room stays.*has followed is there/su);
  assert.deepEqual(await calls(page, 'retract_message'), []);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-test="moved"]') === null);
  assert.deepEqual(await calls(page, 'retract_message'), [{ room: PRESS, id: '90' }]);
  await page.waitForSelector(hook('retracted'));
  assert.equal(await focused(page), 'composer', 'the focus is not lost with the button');
  assert.ok(await page.$(hook('move-room')), 'it can be moved again');
});

story('a move that was taken back meanwhile is not taken back again', 'moved-take-back', async (page) => {
  await page.evaluate(() => {
    const { fake } = /** @type {any} */ (globalThis);
    const summary = structuredClone(fake.world.snapshot.rooms[0]);
    fake.emit({ kind: 'roomChanged', summary: { ...summary, moved: null } });
  });
  await page.waitForFunction(() => document.querySelector('[data-test="confirm"]') === null);
  assert.match(await read(page, 'dialog'), /Nothing was done/u);
});

story('the line of a move asks as well before it is taken back', 'moved-owner', async (page) => {
  await page.focus(`[data-id="90"] ${hook('retract')}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-takeMoveBack'));
});

story('so does it while it waits', 'moved-owner-waits', async (page) => {
  await page.focus(`[data-id="90"] ${hook('withdraw')}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-takeMoveBack'));
  assert.deepEqual(await calls(page, 'withdraw_message'), []);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'withdraw');
});

story('nobody is invited into a room that has moved', 'moved-member', async (page) => {
  assert.equal(await page.$(hook('invite')), null);
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  await page.keyboard.type('invite');
  await page.waitForFunction(() => document.querySelector('[data-test="switcher-entry"]') === null);
});

story('an invitation in sight goes when the room moves, and leads to the new one', 'moved-invite', async (page) => {
  for (const way of ['qr', 'invitation-link', 'speak']) assert.equal(await page.$(hook(way)), null, way);
  assert.match(await read(page, 'main'), /Nobody new comes in here.*You moved this room/su);
  assert.notEqual(await focused(page), 'BODY');
  assert.ok(await page.$(hook('follow-room')));
});

story('what is said for a moment covers no button of a moved room', 'moved-toast', async (page) => {
  for (const size of [{ width: 1280, height: 800 }, { width: 640, height: 800 }, { width: 640, height: 400 }]) {
    await page.setViewport(size);
    const covered = await page.evaluate(() => {
      const toast = /** @type {Element} */ (document.querySelector('[data-test="toast"]')).getBoundingClientRect();
      const buttons = [...document.querySelectorAll('[data-test="moved"] button, [data-test="banner"] button')];
      const hits = buttons.filter((button) => {
        const { top, bottom } = button.getBoundingClientRect();
        return top < toast.bottom && bottom > toast.top;
      });
      return [buttons.length, ...hits.map(({ textContent }) => textContent)];
    });
    assert.deepEqual(covered, [4], `${size.width} by ${size.height}`);
  }
});

story('F6 leads to the way to the new room', 'moved-member', async (page) => {
  await page.keyboard.down('Shift');
  await page.keyboard.press('F6');
  await page.keyboard.up('Shift');
  assert.equal(await focused(page), 'follow-room');
});

story('a move that is on its way says so', 'moved-owner-waits', async (page) => {
  assert.match(await read(page, hook('moved-waits')), /hear of it once the new room is there/u);
});

story('from a door that stays locked a move leads on', 'owner-for-good', async (page) => {
  await press(page, 'move-from-door');
  await page.waitForSelector(hook('dialog-moveRoom'));
});

story('so does it from the invitation of such a room', 'owner-for-good', async (page) => {
  await press(page, 'invite');
  await page.waitForSelector(`${hook('invite-locked')} ${hook('move-from-door')}`);
  await press(page, 'move-from-door');
  await page.waitForSelector(hook('dialog-moveRoom'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'move-from-door');
});

story('members cannot move a room, nor do they find it in the switcher', 'member-locked', async (page) => {
  for (const hand of ['move-room', 'move-from-door']) assert.equal(await page.$(hook(hand)), null, hand);
});

story('the quick switcher moves a room', 'owner-normal', async (page) => {
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  await page.keyboard.type('move the');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-moveRoom'));
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.notEqual(await focused(page), 'BODY');
});
