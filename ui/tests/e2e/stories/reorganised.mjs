// Nora's backup is put back: it cannot read what her own app committed since, and the others went on from there. So the
// room asks whether it was reorganised. Once she stays, once she rejoins, and each time everybody talks again.

import assert from 'node:assert/strict';
import { firstRun, invitationOf, isIn, join, openRoom, sameWords, unlock } from '../habits.mjs';
import { until } from '../wait.mjs';

const TITLE = 'Reading circle';
const LEFT = '[data-test="item"][data-kind="left"]';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @typedef {{ nora: App, otto: App, paula: App, rosa: App }} Cast
 */

/** @param {Stage} stage */
export async function reorganised(stage) {
  const person = (/** @type {string} */ name) => stage.machine.person(name);
  const cast = { nora: person('Nora'), otto: person('Otto'), paula: person('Paula'), rosa: person('Rosa') };
  const backup = await part(stage, cast);
  await putBack(stage, cast, backup);
  for (const app of [cast.nora, cast.otto, cast.rosa]) await app.close();
}

/**
 * A room of four, a backup, and a commit that the backup cannot know.
 * @param {Stage} stage
 * @param {Cast} cast
 */
async function part({ machine, step }, { nora, otto, paula, rosa }) {
  await step('Nora creates a room on a relay; Otto, Rosa and Paula join', async () => {
    const relay = await machine.relay('relay-of-the-circle');
    await firstRun(nora, 'correct horse');
    await nora.window.click('home-create');
    await nora.window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await nora.window.fill('field-nick', 'Nora');
    await nora.window.fill('field-title', TITLE);
    await nora.window.click('create-room');
    const link = await invitationOf(nora);
    await nora.window.click('enter');
    await firstRun(otto, 'battery staple');
    await join(otto, link, { nick: 'Otto', title: TITLE, people: ['Nora'] });
    await firstRun(rosa, 'purple monkey');
    await join(rosa, link, { nick: 'Rosa', title: TITLE, people: ['Nora', 'Otto'] });
    await firstRun(paula, null);
    await join(paula, link, { nick: 'Paula', title: TITLE, people: ['Nora', 'Otto', 'Rosa'] });
  });
  const backup = await step('Otto and Rosa lock, and Nora makes a backup of her folder', async () => {
    // Else one of their apps could be the one that carries out that Paula leaves, and the backup could read that.
    for (const { window } of [otto, rosa]) {
      await window.click('lock-now');
      await window.see('unlock-form');
    }
    await nora.close();
    const copy = nora.copy();
    await nora.open();
    await comesBack(nora, 'correct horse');
    await isIn(nora.window);
    return copy;
  });
  await step('Paula leaves, which Nora’s app carries out; Otto and Rosa come back', async () => {
    await paula.window.click('leave');
    await paula.window.click('confirm');
    await nora.window.see(LEFT);
    await paula.close();
    await comesBack(otto, 'battery staple');
    await otto.window.see(LEFT);
    await comesBack(rosa, 'purple monkey');
    await rosa.window.see(LEFT);
    await nora.close();
  });
  return backup;
}

/**
 * The backup is put back twice, and the question is answered in both ways.
 * @param {Stage} stage
 * @param {Cast} cast
 * @param {string} backup
 */
async function putBack({ gallery, step }, { nora, otto, rosa }, backup) {
  await step('the backup is put back: the room asks, and what Nora writes waits', async () => {
    nora.putBack(backup);
    await nora.open();
    await comesBack(nora, 'correct horse');
    await isAsked(nora, otto, ['Nora', 'Otto', 'Rosa']);
    assert.match(await nora.window.text('reorganised-by'), /own app/u, 'the newest commit is hers');
    await nora.window.say('Where is everybody?');
    await nora.window.hears('Where is everybody?', 'waiting');
    await gallery.draw(nora.window, 'reorganised-normal');
  });
  await step('Nora stays: what she wrote goes out, and the others come to her', async () => {
    await answers(nora, 'stay', () => gallery.draw(nora.window, 'stay-normal'));
    await nora.window.hears('Where is everybody?', 'stored');
    await allTalk([nora, otto, rosa], 'after she stayed');
    for (const { window } of [otto, rosa]) {
      await window.see('[data-test="item"][data-kind="resynced"]');
      await window.hears('Where is everybody?');
    }
    assert.ok(!(await nora.window.isThere('[data-test="item"][data-kind="resynced"]')), 'she never left');
  });

  await step('the same backup is put back once more: the room asks again', async () => {
    await nora.close();
    nora.putBack(backup);
    await nora.open();
    await comesBack(nora, 'correct horse');
    await isAsked(nora, otto, ['Nora', 'Otto', 'Rosa']);
  });
  await step('Nora rejoins, in her old place, and the others are told that she was restored from a copy', async () => {
    await answers(nora, 'rejoin', () => gallery.draw(nora.window, 'rejoin-normal'));
    await nora.window.see('[data-test="item"][data-kind="resynced"]');
    await allTalk([nora, otto, rosa], 'after she rejoined');
    for (const { window } of [otto, rosa]) {
      await window.see('[data-test="item"][data-kind="rejoined"]');
      await window.see('[data-test="item"][data-kind="inconsistent"]');
    }
  });
}

/** Unlocks, and opens the room. @param {App} app @param {string} passphrase */
async function comesBack(app, passphrase) {
  await unlock(app, passphrase);
  await openRoom(app);
}

/**
 * The room asks, and shows the people and words of the room as somebody in it has them.
 * @param {App} app
 * @param {App} inside
 * @param {string[]} people
 */
async function isAsked({ window }, inside, people) {
  await window.see('reorganised');
  const shown = await window.session.run(() => {
    const texts = (/** @type {string} */ list) =>
      [...document.querySelectorAll(`[data-test="${list}"] > li`)].map((entry) => entry.textContent?.trim() ?? '');
    return { people: texts('reorganised-people'), words: texts('reorganised-words').join(' ') };
  });
  assert.deepEqual(shown.people.toSorted(), people);
  assert.equal(shown.words, await inside.window.text('verify'));
}

/** @param {App} app @param {'stay' | 'rejoin'} answer @param {() => Promise<void>} look */
async function answers({ window }, answer, look) {
  await window.click(answer);
  await window.see(`dialog-${answer}`);
  await look();
  await window.click('confirm');
  await window.gone('reorganised');
}

/**
 * Everybody writes, everybody reads it, and all see the same people and words.
 * @param {App[]} people
 * @param {string} when
 */
async function allTalk(people, when) {
  for (const { window, name } of people) {
    const text = `${name} ${when}.`;
    await window.say(text);
    for (const other of people) await other.window.hears(text, 'stored');
  }
  const members = () =>
    Promise.all(
      people.map(({ window }) =>
        window.session.run(() => document.querySelectorAll('[data-test="members"] > li').length),
      ),
    );
  await until(
    `${people.length} people in every window`,
    async () => (await members()).every((count) => count === people.length),
    { detail: members },
  );
  await sameWords(people);
}
