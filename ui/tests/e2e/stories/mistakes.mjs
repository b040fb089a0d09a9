// What people get wrong, and what goes wrong around them: each gets a sentence, and nothing is lost.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { firstRun, host, openRoom, unlock } from '../habits.mjs';
import { freePort } from '../machine.mjs';

const LONG_NAME = 'A name that is much longer than thirty-two bytes';

/**
 * @import { App } from '../machine.mjs'
 * @import { Stage } from '../run.mjs'
 * @typedef {{ link: string, code: string, pin: string }} Invitation
 */

/** @param {Stage} stage */
export async function mistakes(stage) {
  const { machine } = stage;
  const gwen = machine.person('Gwen');
  const hugo = machine.person('Hugo');
  const link = await begin(stage, gwen);
  const relay = await machine.relay('relay-of-others');
  const code = /#([0-9A-Z-]{35})/u.exec(link)?.[1] ?? '';
  const pin = /~k=([\w-]{43})/u.exec(link)?.[1] ?? '';
  const invitation = { link, code, pin };
  await firstRun(hugo, 'battery staple');
  await readInvitations(stage, hugo, invitation);
  await findRelays(stage, hugo, invitation, relay.address);
  await writeInside(stage, hugo, invitation);
  await shareTheComputer(stage, gwen, hugo, invitation);
  await damageTheIndex(stage, hugo);
  await gwen.close();
  await hugo.close();
}

/**
 * Opening Conclave, and a room of one’s own.
 * @param {Stage} stage
 * @param {App} gwen
 */
async function begin({ gallery, step }, gwen) {
  await step('a passphrase that is too short', async () => {
    const window = await gwen.open();
    await gallery.draw(window, 'first-normal');
    await window.fill('field-passphrase', 'short');
    await window.fill('field-passphrase-again', 'short');
    await window.click('create-vault');
    await window.complains('passphrase-too-short');
    await gallery.draw(window, 'first-error');
    await window.fill('field-passphrase', 'correct horse');
    await window.click('create-vault');
    await window.complains('passphrase-differs');
    await gallery.draw(window, 'first-differs');
    await window.fill('field-passphrase-again', 'correct horse');
    await window.click('create-vault');
    await window.see('screen-home');
  });
  await step('a name that is too long; what else was typed stays', async () => {
    const { window } = gwen;
    await window.click('home-host');
    await gallery.draw(window, 'host-normal');
    await window.fill('field-title', 'Allotment');
    await window.fill('field-nick', LONG_NAME);
    await window.click('host-room');
    await window.complains('nick-invalid');
    assert.equal(await window.value('field-title'), 'Allotment');
    await gallery.draw(window, 'host-error');
    await window.click('back');
  });
  const link = await step('Gwen hosts a room', async () => {
    const shown = await host(gwen, { nick: 'Gwen', title: 'Allotment', note: 'Bring gloves.' });
    await gallery.draw(gwen.window, 'invite-normal');
    return shown;
  });
  return link;
}

/**
 * What is pasted as an invitation.
 * @param {Stage} stage
 * @param {App} hugo
 * @param {Invitation} invitation
 */
async function readInvitations({ gallery, step }, { window }, { link, code }) {
  for (const [what, invitation, error] of /** @type {const} */ ([
    ['a link that was cut', link.slice(0, link.indexOf('~k=') + 20), 'invitation-mangled'],
    ['one wrong symbol in the code', link.replace(code, slip(code)), 'code-typo'],
    ['a sign that no code has', link.replace(code, `${code.slice(0, 34)}U`), 'code-symbol'],
    ['a code that is too short', code.slice(0, -6), 'code-length'],
    ['a word that is not from the list', Array(13).fill('conclave').join(' '), 'word-unknown'],
    ['twelve words', Array(12).fill('abandon').join(' '), 'word-count'],
  ])) {
    await step(what, async () => {
      await window.fill('invitation', invitation);
      await window.click('join');
      await window.complains(error);
      assert.equal(await window.value('field-invitation'), invitation, 'it can be corrected where it stands');
      if (error === 'code-typo') await gallery.draw(window, 'join-error');
      await window.click('back');
      await window.see('screen-home');
    });
  }
  await step('a mail with the link in it is pasted: it is read, although the mail broke it', async () => {
    const broken = link.replaceAll('=', '=3D').replace('#', '#=\n> ').replace(/.{5}$/u, '=\n> $&');
    const mail = `Gwen wrote:\n> Come in:\n> ${broken}\n> See you!`;
    await window.paste('invitation', mail);
    await window.click('join');
    await window.see('preview');
    await window.click('back');
    await window.click('back');
    await window.see('screen-home');
  });
  await step('a filter of mails dropped the end of the link: it says so', async () => {
    await window.fill('invitation', 'https://safe.example/?url=https%3A%2F%2Frelay.example%2F&data=05');
    await window.click('join');
    await window.complains('invitation-cut');
    await window.click('back');
  });
}

/**
 * Where nobody answers, or somebody else does.
 * @param {Stage} stage
 * @param {App} hugo
 * @param {Invitation} invitation
 * @param {string} address
 */
async function findRelays({ gallery, step }, { window }, { code, pin }, address) {
  await step('a code without an address: it is asked for; one that is none; one where nobody answers', async () => {
    await window.click('home-join');
    await gallery.draw(window, 'join-normal');
    await window.fill('field-invitation', code);
    await window.click('join-next');
    await window.see('where-form');
    await gallery.draw(window, 'where-normal');
    await window.fill('field-address', 'not an address');
    await window.click('where-next');
    await window.complains('address-invalid');
    await window.fill('field-address', `127.0.0.1:${await freePort()}`);
    await window.click('where-next');
    await window.complains('relay-unreachable');
    await gallery.draw(window, 'where-error');
  });
  await step('a code of no room on this relay', async () => {
    await window.fill('field-address', address);
    await window.click('where-next');
    await window.complains('no-such-room');
    await window.click('back');
    await window.click('back');
  });
  await step('an address where something else answers than the invitation says', async () => {
    await window.fill('invitation', `conclave://${address}/#${code}~k=${pin}`);
    await window.click('join');
    await window.complains('wrong-pin');
    await window.click('back');
  });
  await step('a relay that sends garbage', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('220 mail.example.org ESMTP\r\n');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    await window.fill('invitation', `conclave://127.0.0.1:${port}/#${code}~k=${pin}`);
    await window.click('join');
    await window.complains('relay-misbehaved');
    server.close();
    await window.click('back');
  });
  await step('creating a room on a relay that is not there, or is another one: no room is made', async () => {
    await window.click('home-create');
    await window.fill('field-address', 'not an address');
    await window.fill('field-nick', 'Hugo');
    await window.click('create-room');
    await window.complains('address-invalid');
    await gallery.draw(window, 'create-error');
    for (const [wrong, error] of /** @type {const} */ ([
      [`127.0.0.1:${await freePort()}`, 'relay-unreachable'],
      [`${address}~k=${pin}`, 'wrong-pin'],
    ])) {
      await window.fill('field-address', wrong);
      await window.click('create-room');
      await window.complains(error);
    }
    await window.click('back');
    await window.see('screen-home');
    await window.gone('room');
  });
}

/**
 * Entering and writing.
 * @param {Stage} stage
 * @param {App} hugo
 * @param {Invitation} invitation
 */
async function writeInside({ gallery, step }, { window }, { link }) {
  await step('a name that is too long, before entering', async () => {
    await window.fill('invitation', link);
    await window.click('join');
    await window.see('preview');
    await gallery.draw(window, 'preview-normal');
    await window.fill('field-nick', LONG_NAME);
    await window.click('enter-room');
    await window.complains('nick-invalid');
    await gallery.draw(window, 'preview-error');
    await window.fill('field-nick', 'Hugo');
    await window.click('enter-room');
    await window.see('composer');
  });
  await step('an empty message cannot be sent, and one that is too long says so and stays', async () => {
    await window.fill('composer', '   ');
    assert.equal(await window.attribute('send', 'disabled'), '');
    const long = 'ä'.repeat(4097);
    await window.paste('composer', long);
    await window.see('[data-test="counter"]');
    assert.match(await window.text('[id="composer-hint"]'), /too long/u);
    assert.equal(await window.attribute('send', 'disabled'), '');
    assert.equal(await window.value('composer'), long);
    await window.paste('composer', long.slice(1));
    await window.click('send');
    await window.hears(long.slice(1), 'stored');
  });
  await step('an invitation into a room that one is in already', async () => {
    await window.click('go-home');
    await window.fill('invitation', link);
    await window.click('join');
    await window.see('known');
    await window.click('open-known');
    await window.see('timeline');
  });
}

/**
 * Other programs, and a second Conclave, on the same computer.
 * @param {Stage} stage
 * @param {App} gwen
 * @param {App} hugo
 * @param {Invitation} invitation
 */
async function shareTheComputer({ machine, gallery, step }, gwen, hugo, { link, code }) {
  await step('Conclave opened twice with the same rooms', async () => {
    const again = machine.secondInstance('Hugo again', hugo);
    await again.open();
    await again.window.fill('field-passphrase', 'battery staple');
    await again.window.click('unlock');
    await again.window.complains('vault-busy');
    await again.close();
    await hugo.window.say('The first window goes on.');
    await hugo.window.hears('The first window goes on.', 'stored');
  });
  await step('the port of a hosted room is taken: it says so, and a new invitation is made', async () => {
    await gwen.close();
    const port = Number(/:(\d+)\//u.exec(link)?.[1]);
    const squatter = createServer();
    await new Promise((resolve, reject) => squatter.on('error', reject).listen(port, '::', () => resolve(null)));
    await gwen.open();
    await unlock(gwen, 'correct horse');
    await openRoom(gwen);
    await gwen.window.see('[data-test="banner"][data-state="hosting-portTaken"]');
    await gwen.window.click('hosting-details');
    await gwen.window.see('hosting-error');
    await gallery.draw(gwen.window, 'invite-error');
    await gwen.window.click('renew-address');
    await gwen.window.see('dialog-renewAddress');
    await gwen.window.click('confirm');
    await gwen.window.gone('dialog-renewAddress');
    await gwen.window.see('[data-test="hosting"][data-state="running"]');
    const renewed = await gwen.window.text('invitation-link');
    assert.notEqual(renewed, link);
    assert.ok(renewed.includes(code), 'the code stays');
    squatter.close();
  });
}

/**
 * A file that something else wrote into.
 * @param {Stage} stage
 * @param {App} hugo
 */
async function damageTheIndex({ step }, hugo) {
  await step('a file of rooms that is damaged: it is left as it is', async () => {
    await hugo.close();
    const index = join(hugo.folder, 'index.db');
    const damage = 'This was something else once.';
    assert.ok(statSync(index).size > damage.length, 'there is a file of rooms');
    writeFileSync(index, damage);
    await hugo.open();
    await hugo.window.fill('field-passphrase', 'battery staple');
    await hugo.window.click('unlock');
    await hugo.window.complains('vault-damaged');
    assert.equal(readFileSync(index, 'utf8'), damage);
  });
}

/** Changes one symbol of a code into another that codes have. @param {string} code */
function slip(code) {
  return code.slice(0, 8) + (code[8] === '7' ? '8' : '7') + code.slice(9);
}
