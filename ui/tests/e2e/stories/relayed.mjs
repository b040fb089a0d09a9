// A room on a relay: people come and go while nobody else is there.

import assert from 'node:assert/strict';
import { enter, firstRun, invitationOf, openRoom, preview, sameConversation, sameWords, unlock } from '../habits.mjs';

const TITLE = 'Night shift';

/** @param {import('../run.mjs').Stage} stage */
export async function relayed({ machine, gallery, step }) {
  const dora = machine.person('Dora');
  const emil = machine.person('Emil');
  const frida = machine.person('Frida');

  const relay = await step('a relay with a TLS key of its own starts and prints its pin', () => machine.relay('relay'));
  const link = await step('Dora creates a room on it', async () => {
    await firstRun(dora, 'correct horse');
    const { window } = dora;
    await window.click('home-create');
    await window.fill('field-address', `${relay.address}~k=${relay.pin}`);
    await window.fill('field-nick', 'Dora');
    await window.fill('field-title', TITLE);
    await gallery.draw(window, 'create-normal');
    await window.click('create-room');
    const shown = await invitationOf(dora);
    assert.ok(
      shown.startsWith(`conclave://${relay.address}/#`) && shown.includes(`~k=${relay.pin}`),
      'the invitation names relay and pin',
    );
    return shown;
  });
  await step('what Dora writes waits until somebody can read it; she closes Conclave', async () => {
    await dora.window.click('enter');
    await dora.window.say('Is anybody there?');
    await dora.window.hears('Is anybody there?', 'awaitingMembers');
    await dora.close();
  });
  await step('Emil joins while every other window is closed, and closes his', async () => {
    await firstRun(emil, 'battery staple');
    await preview(emil, link, { title: TITLE, people: ['Dora'] });
    await enter(emil, 'Emil');
    await emil.window.see('[data-test="banner"][data-state="phase-awaitingConfirmation"]');
    await emil.window.say('I will be back at six.');
    await emil.close();
  });
  await step('Frida joins while every other window is closed', async () => {
    await firstRun(frida, null);
    await preview(frida, link, { title: TITLE, people: ['Dora', 'Emil'] });
    await enter(frida, 'Frida');
    await frida.window.see('[data-test="banner"][data-state="phase-awaitingConfirmation"]');
  });
  await step('Dora comes back, sees both, and what she wrote goes out', async () => {
    await dora.open();
    await unlock(dora, 'correct horse');
    await openRoom(dora);
    await dora.window.hears('Is anybody there?', 'stored');
    await dora.window.hears('I will be back at six.');
    await frida.window.hears('Is anybody there?');
  });
  await step('Emil comes back: all three read and write, and see the same words', async () => {
    await emil.open();
    await unlock(emil, 'battery staple');
    await openRoom(emil);
    await emil.window.say('Six sharp.');
    await frida.window.hears('Six sharp.');
    await frida.window.say('Good evening.');
    await dora.window.hears('Good evening.');
    await dora.window.say('Good evening to you.');
    await sameConversation([dora, emil, frida], ['Six sharp.', 'Good evening.', 'Good evening to you.']);
    await sameWords([dora, emil, frida]);
  });
  await step('nothing was lost or doubled for the two who keep their rooms', async () => {
    const said = await emil.window.said();
    assert.deepEqual(said.toSorted(), [
      'Good evening to you.',
      'Good evening.',
      'I will be back at six.',
      'Is anybody there?',
      'Six sharp.',
    ]);
    assert.deepEqual((await dora.window.said()).toSorted(), said.toSorted());
  });
  await step('Frida, who keeps nothing, is logged out: she leaves, and the others are told', async () => {
    await frida.ends(async () => void frida.endSession());
    for (const { window } of [dora, emil]) await window.see('[data-test="item"][data-kind="left"]');
  });
  for (const person of [dora, emil]) await person.close();
}
