// What the owner of a room does about it: locking, removing somebody, closing, leaving.

import assert from 'node:assert/strict';
import { LEGAL, PRESS, WALK } from '../world.js';
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

/** Nobody reaches the relay any more. @param {Page} page @param {number} at Which of the rooms. */
const cut = (page, at) =>
  page.evaluate((index) => {
    const { fake } = /** @type {any} */ (globalThis);
    const room = fake.world.snapshot.rooms[index];
    room.connection = { kind: 'waiting', retryIn: 40, reason: 'unreachable' };
    fake.emit({ kind: 'roomChanged', summary: room });
  }, at);

story('the owner locks a room and unlocks it with one key, and everybody is told', 'owner-normal', async (page) => {
  await press(page, 'lock-room');
  await page.waitForSelector(`${hook('phase')}[data-state="locked"]`);
  await page.waitForSelector('[data-kind="locked"]');
  assert.match(await read(page, hook('door')), /can knock, and its owner lets them in/u);
  assert.equal(await page.$(hook('banner')), null, 'a locked room has nothing wrong with it');
  assert.equal(await focused(page), 'unlock-room', 'the button is the same');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[data-kind="unlocked"]');
  assert.equal(await page.$(hook('phase')), null);
  assert.deepEqual(await calls(page, 'lock_room'), [{ room: PRESS }]);
  assert.deepEqual(await calls(page, 'unlock_room'), [{ room: PRESS }]);
});

story(
  'the invitation of a locked room says that whoever has it has to knock, and unlocks the room',
  'invite-locked',
  async (page) => {
    assert.match(await read(page, '.screen__lead'), /can knock, and its owner lets them in/u);
    assert.ok(await page.$(hook('invitation-code')), 'the code stays');
    await press(page, 'unlock-room');
    await page.waitForFunction(() => document.querySelector('[data-test="invite-locked"]') === null);
    assert.match(await read(page, '.screen__lead'), /can come in\. Hand it over/u);
    assert.notEqual(await focused(page), 'BODY', 'the focus is somewhere although the button is gone');
  },
);

story(
  'an invitation into a room that is locked for good offers no way to unlock it, and says who can knock',
  'invite-for-good',
  async (page) => {
    assert.match(await read(page, hook('invite-locked')), /New people can knock/u);
    assert.equal(await page.$(hook('unlock-room')), null);
  },
);

story('somebody is removed by a second yes, and the room stays locked by it', 'owner-normal', async (page) => {
  const label = await page.$eval(hook('remove-member'), (button) => button.getAttribute('aria-label') ?? '');
  assert.match(label, /Wren/u, 'a screen reader hears who is meant');
  await press(page, 'remove-member');
  await page.waitForSelector(hook('dialog-removeMember'));
  assert.match(await read(page, 'dialog'), /Wren.*knows the invitation/su);
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'remove-member');
  assert.deepEqual(await calls(page, 'remove_member'), []);

  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-removeMember'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('locked-for-good'));
  assert.deepEqual(await calls(page, 'remove_member'), [{ room: PRESS, member: 'wren' }]);
  assert.match(await read(page, '[data-kind="left"]'), /You removed Wren/u);
  assert.equal(await page.$(hook('unlock-room')), null, 'what would be refused is not offered');
  assert.equal(await focused(page), 'door', 'the focus is where the reason stands');
});

story('whoever has left meanwhile is not removed', 'dialog-remove-over', async (page) => {
  assert.match(await read(page, 'dialog'), /not in the room any more/u);
  assert.equal(await focused(page), 'cancel');
});

story(
  'members see that a room is locked for good, and are offered nothing that only its owner can do',
  'member-locked',
  async (page) => {
    assert.match(await read(page, hook('door')), /somebody was removed.*New people can knock/u);
    assert.match(await read(page, hook('rules')), /by knocking/u);
    for (const hand of ['lock-room', 'unlock-room', 'close-room', 'remove-member']) {
      assert.equal(await page.$(hook(hand)), null, hand);
    }
  },
);

story('a room is closed by a second yes, for everybody', 'owner-normal', async (page) => {
  await press(page, 'close-room');
  await page.waitForSelector(hook('dialog-closeRoom'));
  assert.match(await read(page, 'dialog'), /for everybody, at once. Nothing takes it back/u);
  assert.equal(await focused(page), 'cancel');
  await page.click(hook('confirm'));
  await page.waitForSelector(hook('screen-home'));
  assert.deepEqual(await calls(page, 'close_room'), [{ room: PRESS }]);
});

story('what the owner wants while the relay is away is said to wait', 'owner-normal', async (page) => {
  await cut(page, 0);
  await press(page, 'lock-room');
  await page.waitForSelector(hook('toast'));
  assert.match(await read(page, hook('toast')), /as soon as the room's relay is reached/u);
  assert.equal(await page.$(hook('phase')), null, 'it is not locked yet');
});

story('an owner who leaves is told that the room ends with that', 'dialog-leave', async (page) => {
  assert.match(await read(page, 'dialog'), /end it for everybody\?.*at once.*Leave and end the room/su);
  assert.match(await read(page, 'dialog'), /whoever is not connected now cannot be told/u);
  assert.doesNotMatch(await read(page, 'dialog'), /keep what you wrote/u);
});

story('an owner whose room goes on is told that nobody comes after them', 'dialog-leave-owner', async (page) => {
  assert.match(await read(page, 'dialog'), /keep what you wrote.*nobody can lock the room/su);
});

story('whose rules cannot be read is told what that may mean', 'dialog-leave-unknown', async (page) => {
  assert.match(await read(page, 'dialog'), /may end for everybody/u);
});

story('a leave for which no relay answers is seen in the room until it is over', 'room-waiting', async (page) => {
  await press(page, 'leave');
  await page.waitForSelector(hook('dialog-leave'));
  await press(page, 'confirm');
  await page.waitForSelector(`${hook('banner')}[data-state="phase-leaving"]`);
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.match(await read(page, hook('banner')), /Leaving.*have not been told yet/su);
  assert.match(await read(page, `[data-room="${WALK}"]`), /Leaving/u);
  for (const gone of ['invite', 'leave']) assert.equal(await page.$(hook(gone)), null, gone);
  assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), 'BODY', 'the keyboard is somewhere');
  await page.waitForSelector(hook('screen-home'));
  assert.match(await read(page, hook('toast')), /others may still see your name/u);
});

story('a member who leaves is told nothing of owners', 'room-waiting', async (page) => {
  await press(page, 'leave');
  await page.waitForSelector(hook('dialog-leave'));
  assert.doesNotMatch(await read(page, 'dialog'), /owner|everybody/u);
});

story('the quick switcher knows what an owner can do', 'owner-normal', async (page) => {
  for (const [words, name] of [['lock the', 'lock_room'], ['unlock', 'unlock_room']]) {
    await page.keyboard.down('Control');
    await page.keyboard.press('k');
    await page.keyboard.up('Control');
    await page.waitForSelector(hook('switcher-query'));
    await page.keyboard.type(words ?? '');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      (wanted) => /** @type {any} */ (globalThis).fake.calls.some((/** @type {any} */ call) => call.name === wanted),
      {},
      name,
    );
  }
});

story(
  'a room that its owner closes while the relay is away says so until it ends',
  'room-closing-draft',
  async (page) => {
    assert.match(await read(page, hook('banner')), /as soon as its relay is reached/u);
    assert.match(await read(page, '#composer-hint'), /the room is closing/u);
    assert.equal(await page.$eval(hook('send'), (button) => /** @type {HTMLButtonElement} */ (button).disabled), true);
    assert.match(await read(page, `[data-room="${LEGAL}"]`), /Closing/u);
    for (const gone of ['invite', 'leave', 'close-room']) assert.equal(await page.$(hook(gone)), null, gone);
    await press(page, 'remove-only');
    await page.waitForSelector(hook('dialog-remove'));
    assert.match(await read(page, 'dialog'), /nobody can close it any more/u);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('dialog') === null);
    await emit(page, { kind: 'roomRemoved', room: LEGAL });
    await page.waitForSelector(hook('screen-home'));
  },
);

story('an invitation says that its room is closing', 'invite-people', async (page) => {
  await cut(page, 0);
  await page.keyboard.down('Control');
  await page.keyboard.press('k');
  await page.keyboard.up('Control');
  await page.waitForSelector(hook('switcher-query'));
  await page.keyboard.type('close the');
  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-closeRoom'));
  await page.click(hook('confirm'));
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.match(await read(page, '.screen__lead'), /ends for everybody as soon as its relay is reached/u);
});

story('an owner who leaves where the relay is away stays, and is told why', 'dialog-leave', async (page) => {
  await cut(page, 0);
  await page.click(hook('confirm'));
  await page.waitForSelector(`${hook('banner')}[data-state="phase-closing"]`);
  assert.match(await read(page, hook('toast')), /until then it stays in the list/u);
  assert.ok(await page.$(hook('composer-silent')));
});
