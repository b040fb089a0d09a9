// Alice hosts with one click, Bob joins with her link, her computer loses power, Carol joins later.

import assert from 'node:assert/strict';
import { firstRun, host, isIn, join, openRoom, sameConversation, sameWords, unlock } from '../habits.mjs';
import { clipboard } from '../screen.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Press desk';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @typedef {{ alice: App, bob: App, carol: App }} Cast
 */

/** @param {Stage} stage */
export async function hosted(stage) {
  const { machine } = stage;
  const cast = { alice: machine.person('Alice'), bob: machine.person('Bob'), carol: machine.person('Carol') };
  const link = await meet(stage, cast);
  await losePower(stage, cast, link);
  await serveAgain(stage, cast);
  await growToThree(stage, cast, link);
  await closeAndReturn(stage, cast);
  await part(stage, cast, link);
  for (const person of Object.values(cast)) await person.close();
}

/**
 * They meet, write and compare words.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function meet({ gallery, step }, { alice, bob }) {
  await step('Alice opens Conclave for the first time and locks it with a passphrase', () =>
    firstRun(alice, 'correct horse'),
  );
  const link = await step('Alice hosts with one click and reads the link from her window', async () => {
    const shown = await host(alice, { nick: 'Alice', title: TITLE, note: 'Names stay in this room.' });
    assert.match(await alice.window.text('joined'), /nobody/iu, 'nobody else is there, and it says so');
    return shown;
  });
  await step('what she copies is the link, and the window says so', async () => {
    await alice.window.click('copy-link');
    await alice.window.see('toast');
    assert.equal(clipboard(), link);
  });

  await step('Bob opens Conclave for the first time', () => firstRun(bob, 'battery staple'));
  await step('Bob joins with the link, is shown what he enters, and is confirmed', () =>
    join(bob, link, { nick: 'Bob', title: TITLE, people: ['Alice'] }),
  );
  await step('both write, and both read it', async () => {
    await alice.window.click('enter');
    await alice.window.say('The documents are in the second folder.');
    await bob.window.hears('The documents are in the second folder.', 'stored');
    await bob.window.say('Got them. Page 14 is missing.');
    await sameConversation([alice, bob], ['The documents are in the second folder.', 'Got them. Page 14 is missing.']);
  });
  await step('both see the same words to compare', async () => {
    await sameWords([alice, bob]);
    await alice.window.click('verify');
    await gallery.draw(alice.window, 'verify-normal');
    await alice.window.click('cancel');
    await gallery.draw(alice.window, 'room-normal');
  });
  await step('what Bob has not looked at is counted, and no longer once he has', async () => {
    bob.window.raise();
    await bob.window.click('go-home');
    await alice.window.say('It was in the other envelope.');
    await until(
      'one unread message in Bob’s list',
      async () => (await bob.window.isThere('unread')) && (await bob.window.text('unread')) === '1',
    );
    await gallery.draw(bob.window, 'home-normal');
    await bob.window.click('room');
    await bob.window.gone('unread');
  });
  return link;
}

/**
 * The host’s computer goes and comes back.
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function losePower({ gallery, step }, { alice, bob }, link) {
  await step('Alice’s computer loses power; Bob is told that the host is away and his message waits', async () => {
    await alice.kill();
    await bob.window.see('[data-test="banner"][data-state="fault-unreachable"]');
    await bob.window.say('Are you still there?');
    await bob.window.hears('Are you still there?', 'waiting');
    await gallery.draw(bob.window, 'room-error');
    await bob.window.click('go-home');
    await gallery.draw(bob.window, 'home-error');
    await bob.window.click('room');
  });
  await step('Bob withdraws another message before it goes out', async () => {
    await bob.window.say('This one I regret.');
    await bob.window.withdraw('This one I regret.');
  });
  await step('Alice unlocks, at the second attempt, and her room is served at the same address', async () => {
    await alice.open();
    await alice.window.see('unlock-form');
    await gallery.draw(alice.window, 'unlock-normal');
    await alice.window.fill('field-passphrase', 'correct house');
    await alice.window.click('unlock');
    await alice.window.complains('wrong-passphrase');
    await gallery.draw(alice.window, 'unlock-error');
    await unlock(alice, 'correct horse');
    await openRoom(alice);
    await alice.window.click('invite');
    assert.equal(await alice.window.text('invitation-link'), link, 'address, pin and code are the same');
    await alice.window.click('enter');
  });
  await step('the conversation goes on, nothing lost or doubled', async () => {
    await bob.window.hears('Are you still there?', 'stored');
    await alice.window.say('Back. The lights went out.');
    await sameConversation([alice, bob], [
      'The documents are in the second folder.',
      'Got them. Page 14 is missing.',
      'It was in the other envelope.',
      'Are you still there?',
      'Back. The lights went out.',
    ]);
  });
}

/**
 * Serving stops and begins again, while a message waits.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function serveAgain({ gallery, step }, { alice, bob }) {
  await step('Alice stops serving the room, and is told first what that does', async () => {
    await connected(alice, /^1 other/u);
    await alice.window.click('stop-hosting');
    await alice.window.see('dialog-stopHosting');
    await gallery.draw(alice.window, 'stop-hosting-normal');
    await alice.window.click('confirm');
    await alice.window.see('[data-test="banner"][data-state="hosting-stopped"]');
    await bob.window.see('[data-test="banner"]');
  });
  await step('Bob’s computer loses power with a message that waits; it still waits afterwards', async () => {
    await bob.window.say('Written into the dark.');
    await bob.window.hears('Written into the dark.', 'waiting');
    await bob.kill();
    await bob.open();
    await unlock(bob, 'battery staple');
    await openRoom(bob);
    await bob.window.hears('Written into the dark.', 'waiting');
  });
  await step('Alice serves the room again, and the message arrives once', async () => {
    await alice.window.click('start-hosting');
    await bob.window.hears('Written into the dark.', 'stored');
    await alice.window.hears('Written into the dark.');
    await sameConversation([alice, bob], ['Back. The lights went out.', 'Written into the dark.']);
  });
}

/**
 * A third person, who keeps nothing.
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function growToThree({ step }, { alice, bob, carol }, link) {
  await step('Carol, who keeps nothing, joins while both are there', async () => {
    await firstRun(carol, null);
    await join(carol, link, { nick: 'Carol', title: TITLE, people: ['Alice', 'Bob'] });
    assert.deepEqual(await carol.window.said(), [], 'a newcomer reads nothing of what was said before');
  });
  await step('all three talk and see the same words', async () => {
    await carol.window.say('Hello, both of you.');
    await alice.window.hears('Hello, both of you.');
    await alice.window.say('Welcome.');
    await bob.window.hears('Welcome.');
    await bob.window.say('Read the note first.');
    await sameConversation([alice, bob, carol], ['Hello, both of you.', 'Welcome.', 'Read the note first.']);
    await sameWords([alice, bob, carol]);
    await alice.window.see('[data-test="members"] > li:nth-child(3)');
  });

  await step('Bob locks: nothing of the room stays in the window', async () => {
    await bob.window.click('lock-now');
    await bob.window.see('unlock-form');
    assert.doesNotMatch(await bob.window.words(), /Welcome|Press desk|Alice/u);
    await unlock(bob, 'battery staple');
    await openRoom(bob);
    await isIn(bob.window);
  });
}

/**
 * The host closes, once by hand and once with the session.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function closeAndReturn({ gallery, step }, { alice, bob }) {
  await step('closing the window of a host says first whom it cuts off', async () => {
    await connected(alice, /^2 other/u);
    alice.window.pressClose();
    await alice.window.see('dialog-close');
    await gallery.draw(alice.window, 'close-hosting-normal');
    await alice.window.click('cancel');
    await alice.window.say('Still here.');
    await bob.window.hears('Still here.');
    alice.window.pressClose();
    await alice.ends(() => alice.window.click('confirm'));
    await bob.window.see('[data-test="banner"]');
    await alice.open();
    await unlock(alice, 'correct horse');
    await openRoom(alice);
    await isIn(bob.window);
  });
  await step('Alice’s session ends: nobody is asked, and her room is closed in order', async () => {
    await connected(alice, /^2 other/u);
    await alice.ends(async () => void alice.endSession());
    assert.deepEqual(alice.openLogs(), []);
    await bob.window.see('[data-test="banner"]');
    await alice.open();
    await unlock(alice, 'correct horse');
    await openRoom(alice);
    await isIn(bob.window);
  });
}

/**
 * One leaves, one removes the room, and what was copied goes.
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} link
 */
async function part({ gallery, step }, { alice, bob, carol }, link) {
  await step('Carol leaves: the others are told, and nothing stays with her', async () => {
    await isIn(carol.window);
    await carol.window.click('leave');
    await carol.window.see('dialog-leave');
    await gallery.draw(carol.window, 'leave-normal');
    await carol.window.click('confirm');
    await carol.window.see('screen-home');
    await carol.window.gone('room');
    await alice.window.see('[data-test="item"][data-kind="left"]');
    await bob.window.see('[data-test="item"][data-kind="left"]');
  });
  await step('Bob removes the room from his computer', async () => {
    await bob.window.click('remove');
    await bob.window.see('dialog-remove');
    await gallery.draw(bob.window, 'remove-normal');
    await bob.window.click('confirm');
    await bob.window.see('screen-home');
    await bob.window.gone('room');
    await connected(alice, /^Nobody else/u);
  });
  await step('the settings change the theme and say what Conclave cannot do', async () => {
    await alice.window.click('settings');
    await alice.window.click('theme-light');
    assert.equal(await alice.window.attribute('html[data-theme]', 'data-theme'), 'light');
    await alice.window.see('limits');
    await gallery.draw(alice.window, 'settings-normal');
  });
  await step('a minute after it was copied, the link is no longer on the clipboard', async () => {
    // The room's first process ended with its clipboard; this copy is from the one that runs now.
    await alice.window.click('room');
    await alice.window.click('invite');
    await alice.window.click('copy-link');
    await until('the link on the clipboard', () => clipboard() === link);
    await until('an empty clipboard', () => clipboard() !== link, { patience: 75_000 });
  });
}

/**
 * Waits until the host is told how many are connected.
 * @param {App} host
 * @param {RegExp} count
 */
async function connected({ window }, count) {
  await until(
    `${count} in ${window.name}’s window`,
    async () => count.test(await window.text('[data-test="hosting-card"] p')),
    { detail: () => window.text('hosting-card') },
  );
}
