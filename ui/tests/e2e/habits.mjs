// What people do again and again.

import assert from 'node:assert/strict';
import { until } from './wait.mjs';

/** @import { App } from './machine.mjs' */

/**
 * Opens Conclave for the first time.
 * @param {App} app
 * @param {string | null} passphrase None keeps everything in memory.
 */
export async function firstRun(app, passphrase) {
  const window = await app.open();
  await window.see('first-form');
  if (passphrase === null) await window.click('protect-memoryOnly');
  else {
    await window.fill('field-passphrase', passphrase);
    await window.fill('field-passphrase-again', passphrase);
  }
  await window.click('create-vault');
  await window.see('screen-home');
}

/** @param {App} app @param {string} passphrase */
export async function unlock({ window }, passphrase) {
  await window.fill('field-passphrase', passphrase);
  await window.click('unlock');
  await window.see('screen-home');
}

/**
 * Hosts a room; ends on the screen with the invitation.
 * @param {App} app
 * @param {{ nick: string, title: string, note?: string }} room
 * @returns {Promise<string>} The link.
 */
export async function host(app, { nick, title, note = '' }) {
  const { window } = app;
  await window.click('home-host');
  await window.fill('field-nick', nick);
  await window.fill('field-title', title);
  await window.fill('field-note', note);
  await window.click('host-room');
  await window.see('[data-test="hosting"][data-state="running"]');
  return invitationOf(app);
}

/** Reads the link from the screen with the invitation. @param {App} app */
export async function invitationOf({ window }) {
  const link = await window.text('invitation-link');
  assert.match(
    link,
    /^conclave:\/\/[^/]+\/#[0-9A-Z]{5}(-[0-9A-Z]{5}){5}(~p)?~k=[\w-]{43}(~a=[^~]+)*$/u,
    'the link names address, code and pin',
  );
  return link;
}

/**
 * Joins a room by its link, looking at everything on the way; ends in the room, confirmed.
 * @param {App} app
 * @param {string} invitation
 * @param {{ nick: string, title: string, people: string[] }} room What the preview must show.
 */
export async function join(app, invitation, { nick, ...room }) {
  await preview(app, invitation, room);
  await enter(app, nick);
  await isIn(app.window);
}

/**
 * Looks at a room before entering it.
 * @param {App} app
 * @param {string} invitation
 * @param {{ title: string, people: string[] }} room What must be shown.
 */
export async function preview({ window }, invitation, { title, people }) {
  await window.fill('invitation', invitation);
  await window.click('join');
  await window.see('preview');
  assert.equal(await window.text('preview-title'), title);
  for (const name of people) {
    assert.ok((await window.text('preview-people')).includes(name), `${name} is shown as being inside`);
  }
}

/** From the preview into the room, where somebody may still have to confirm. @param {App} app @param {string} nick */
export async function enter({ window }, nick) {
  await window.fill('field-nick', nick);
  await window.click('enter-room');
  await window.see('composer');
}

/** Waits until the room is open: somebody inside confirmed. @param {import('./window.mjs').Window} window */
export async function isIn(window) {
  await window.see('composer');
  await window.gone('banner');
  await window.see('[data-test="connection"][data-state="online"]');
}

/** Opens the first room of the list. @param {App} app */
export async function openRoom({ window }) {
  await window.click('room');
  await window.see('timeline');
}

/**
 * Waits until everybody has read the given messages last, and compares all that they share, text by text.
 * @param {App[]} people The first must have been in the room the longest.
 * @param {string[]} last
 */
export async function sameConversation(people, last) {
  for (const { window } of people) {
    for (const text of last) await window.hears(text, 'stored');
  }
  const [longest = [], ...others] = await Promise.all(people.map(({ window }) => window.said()));
  assert.deepEqual(longest.slice(-last.length), last);
  for (const said of others) assert.deepEqual(said, longest.slice(longest.length - said.length));
  assert.equal(new Set(longest).size, longest.length, 'nothing is there twice');
}

/** Waits until everybody sees the same eight words, and reads them. @param {App[]} people */
export async function sameWords(people) {
  const shown = () => Promise.all(people.map(async ({ window }) => (await window.text('verify')).split(/\s+/u)));
  const words = await until(`the same words in ${people.length} windows`, async () => {
    const all = await shown();
    return all.every((one) => one.join(' ') === all[0]?.join(' ')) ? all[0] : null;
  }, { detail: shown });
  assert.equal(words.length, 8);
}
