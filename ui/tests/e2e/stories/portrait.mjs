// Two people in the middle of a conversation: the picture of the README, taken from a real window.

import { firstRun, host, join } from '../habits.mjs';

/** @type {readonly ['Mara' | 'Theo', string][]} */
const TALK = [
  ['Mara', 'Good, it worked. Shall we compare the words first?'],
  ['Theo', 'Called you. All eight are the same.'],
  ['Mara', 'Then it is only us. How far are you with the minutes from May?'],
  ['Theo', 'Read all of them twice. Item 7 was struck before the vote, not after.'],
  ['Mara', 'That changes the second paragraph. Who signed?'],
  ['Theo', 'Both of them. I have it on paper and will bring it on Thursday.'],
  ['Mara', 'Not by post, please.'],
  ['Theo', 'Of course not. Half past six, same bench.'],
  ['Mara', 'Until then. Tomorrow this here is ash.'],
];

/** @param {import('../run.mjs').Stage} stage */
export async function portrait({ machine, gallery, step }) {
  const mara = machine.person('Mara');
  const theo = machine.person('Theo');
  await step('Mara and Theo talk', async () => {
    await firstRun(mara, 'correct horse');
    const link = await host(mara, {
      nick: 'Mara',
      title: 'Council minutes',
      note: 'No names of third parties in here.',
    });
    await firstRun(theo, null);
    await join(theo, link, { nick: 'Theo', title: 'Council minutes', people: ['Mara'] });
    await mara.window.click('enter');
    const people = { Mara: mara.window, Theo: theo.window };
    for (const [name, text] of TALK) {
      await people[name].say(text);
      for (const window of Object.values(people)) await window.hears(text, 'stored');
    }
    await mara.window.see('[data-test="member"][data-own="no"] .dot--good');
    mara.window.raise();
    await mara.window.gone('unread');
    await gallery.draw(mara.window, 'portrait');
  });
  await theo.close();
  await mara.close();
}
