// Files and folders that are not what they were: the window says which one it is, makes nothing in its place, and goes
// on as soon as it is back.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstRun, host, isIn, openRoom, unlock } from '../habits.mjs';

const PASSPHRASE = 'correct horse';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 */

/** @param {Stage} stage */
export async function lost(stage) {
  const ines = stage.machine.person('Ines');
  await firstRun(ines, PASSPHRASE);
  await loseVault(stage, ines);
  await damageFiles(stage, ines);
  await loseFolder(stage, ines);
  await needNoFolder(stage);
}

/**
 * The file that opens the vault.
 * @param {Stage} stage
 * @param {App} ines
 */
async function loseVault({ gallery, step }, ines) {
  await step('Ines hosts a room, and copies where it is', async () => {
    await host(ines, { nick: 'Ines', title: 'Orchard' });
    await ines.window.click('copy-address');
    await ines.window.see('toast');
    await ines.window.click('enter');
    await ines.window.say('Still here.');
    await ines.window.hears('Still here.');
    await ines.close();
  });
  await step('the file “vault” was moved away: nothing is made in its place, and it is put back', async () => {
    const vault = join(ines.folder, 'vault');
    renameSync(vault, `${vault}.away`);
    await ines.open();
    await ines.window.see('incomplete');
    await gallery.draw(ines.window, 'incomplete-normal');
    assert.ok((await ines.window.words()).includes(ines.folder), 'the folder is named');
    await ines.window.click('retry');
    await ines.window.see('incomplete');
    assert.ok(!existsSync(vault), 'no other vault was made');
    renameSync(`${vault}.away`, vault);
    await ines.window.click('retry');
    await ines.window.see('unlock-form');
    assert.equal(await ines.window.isThere('unlock-keyring'), false, 'a passphrase was chosen, and no keyring');
    await ines.close();
  });
}

/**
 * Files of one room.
 * @param {Stage} stage
 * @param {App} ines
 */
async function damageFiles({ gallery, step }, ines) {
  await step('the relay’s file of the room is damaged: the room says so until it is mended', async () => {
    const file = findFile(ines, '.relay.db');
    const whole = readFileSync(file);
    truncateSync(file, 0);
    await ines.open();
    await unlock(ines, PASSPHRASE);
    await openRoom(ines);
    const banner = '[data-test="banner"][data-state="hosting-failed"]';
    await ines.window.see(banner);
    assert.ok((await ines.window.text(banner)).includes(file), 'it names the file');
    await gallery.draw(ines.window, 'room-not-served');
    await ines.window.hears('Still here.');
    writeFileSync(file, whole);
    await ines.window.click('start-hosting');
    await isIn(ines.window);
    await ines.close();
  });
  await step('the room’s own file is damaged: its day and its file are shown, and a copy puts it right', async () => {
    const file = findFile(ines, '.db');
    const whole = readFileSync(file);
    truncateSync(file, 0);
    await ines.open();
    await unlock(ines, PASSPHRASE);
    await ines.window.click('room');
    const banner = '[data-test="banner"][data-state="phase-damaged"]';
    await ines.window.see(banner);
    assert.ok((await ines.window.text(banner)).includes(file), 'it names the file');
    assert.match(await ines.window.text('room-title'), /Room of .*\d{4}/u);
    await gallery.draw(ines.window, 'room-damaged');
    writeFileSync(file, whole);
    await ines.window.click('retry');
    await ines.window.hears('Still here.');
    assert.equal(await ines.window.text('room-title'), 'Orchard');
    await ines.close();
  });
}

/**
 * The folder itself.
 * @param {Stage} stage
 * @param {App} ines
 */
async function loseFolder({ gallery, step }, ines) {
  await step('a file has the name of the folder: the window says so, and opens the rooms once it is gone', async () => {
    renameSync(ines.folder, `${ines.folder}.away`);
    writeFileSync(ines.folder, 'a note');
    await ines.open();
    await ines.window.see('[data-test="folder-trouble"][data-state="notAFolder"]');
    await gallery.draw(ines.window, 'folder-no-folder');
    assert.ok((await ines.window.text('folder-trouble')).includes(ines.folder), 'the folder is named');
    await ines.window.click('retry');
    await ines.window.see('folder-trouble');
    assert.equal(readFileSync(ines.folder, 'utf8'), 'a note', 'it is left as it is');
    rmSync(ines.folder);
    renameSync(`${ines.folder}.away`, ines.folder);
    await ines.window.click('retry');
    await ines.window.see('unlock-form');
    await unlock(ines, PASSPHRASE);
    await openRoom(ines);
    await ines.window.hears('Still here.');
    await ines.close();
  });
}

/**
 * Without a folder.
 * @param {Stage} stage
 */
async function needNoFolder({ machine, step }) {
  await step('nobody needs a folder who keeps nothing', async () => {
    const jan = machine.person('Jan');
    rmSync(jan.folder, { recursive: true });
    writeFileSync(jan.folder, 'a note');
    await jan.open();
    await jan.window.click('keep-nothing');
    await jan.window.see('screen-home');
    await host(jan, { nick: 'Jan', title: 'Gone tomorrow' });
    await jan.close();
    assert.equal(readFileSync(jan.folder, 'utf8'), 'a note');
    // A window that is driven is not private, so its processes may write once more while they end.
    const standIns = readdirSync(tmpdir())
      .filter((name) => /^conclave-\d+$/u.test(name))
      .map((name) => join(tmpdir(), name));
    const left = standIns.flatMap((folder) => readdirSync(folder)).filter((name) => name !== 'storage');
    assert.deepEqual(left, [], 'nothing but the webview writes into what stood in for it');
  });
}

/** The file of the room, or of its relay. @param {App} app @param {'.db' | '.relay.db'} end */
function findFile({ folder }, end) {
  const rooms = join(folder, 'rooms');
  const ofRelay = end === '.relay.db';
  const found = readdirSync(rooms).find((name) => name.endsWith(end) && name.endsWith('.relay.db') === ofRelay);
  assert.ok(found !== undefined, `there is a file *${end}`);
  return join(rooms, found);
}
