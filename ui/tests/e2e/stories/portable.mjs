// Conclave on a stick: whatever it does, nothing outside its folder is written (invariant 8 of docs/design.md).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { firstRun, host, unlock } from '../habits.mjs';
import { until } from '../wait.mjs';

/** @param {import('../run.mjs').Stage} stage */
export async function portable({ machine, step }) {
  const { app, stick, trace } = machine.traveller('Ines');
  await step('Ines starts Conclave from a stick, protects it, hosts a room and writes', async () => {
    await firstRun(app, 'correct horse');
    await host(app, { nick: 'Ines', title: 'On the road' });
    await app.window.click('enter');
    await app.window.say('Nobody saw me here.');
    await app.window.hears('Nobody saw me here.', 'awaitingMembers');
    await app.window.click('settings');
    await app.window.click('theme-light');
  });
  await step('her session ends with the window open: Conclave closes everything and ends by itself', async () => {
    await app.ends(async () => {
      const id = app.endSession();
      const end = new RegExp(`^${id} +\\+\\+\\+ (.*) \\+\\+\\+$`, 'mu');
      const how = await until('the end of Conclave', () => end.exec(readFileSync(trace, 'utf8'))?.[1], {
        patience: 10_000,
      });
      assert.equal(how, 'exited with 0');
    });
    assert.deepEqual(app.openLogs(), []);
  });
  await step('she comes back, finds it all, and removes the room', async () => {
    await app.open();
    const theme = () => app.window.attribute('html[lang]', 'data-theme');
    assert.notEqual(await theme(), 'light', 'what she chose is in the vault');
    await unlock(app, 'correct horse');
    await until('the theme that she chose', async () => (await theme()) === 'light');
    await app.window.click('room');
    await app.window.hears('Nobody saw me here.', 'awaitingMembers');
    await app.window.click('remove');
    await app.window.click('confirm');
    await app.window.gone('room');
    await app.close();
  });
  await step('no file outside the stick was written, made, renamed or removed', async () => {
    const changes = changesIn(readFileSync(trace, 'utf8'));
    assert.ok(
      changes.some((path) => path.startsWith(`${stick}/data/`)),
      'the trace shows what was written on the stick',
    );
    assert.deepEqual([...new Set(changes.filter((path) => !path.startsWith(`${stick}/`) && !isNoFile(path)))], []);
  });
}

/** Devices and what the kernel tells of a process keep nothing. @param {string} path */
function isNoFile(path) {
  return /^\/(?:dev|proc)\//u.test(path);
}

/**
 * The paths that a trace shows as changed.
 * @param {string} trace As strace prints it, with the names of descriptors.
 */
function changesIn(trace) {
  return trace.split('\n').flatMap((line) => {
    const call = /^\d+ +(\w+)\((.*)\) += (-?\d+)/u.exec(line);
    if (call === null) return [];
    const [, name = '', args = '', result = ''] = call;
    if (result.startsWith('-')) return [];
    if (name.startsWith('open') && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/u.test(args)) return [];
    return [...args.matchAll(/(?:[\w-]+<([^>]*)>, )?"([^"]*)"/gu)].map(([, base = '/', path = '']) =>
      resolve(base, path),
    );
  });
}
