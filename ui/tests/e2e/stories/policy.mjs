// What the window refuses although it is asked from inside: the content policy, the list of commands, navigation.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

/** @param {import('../run.mjs').Stage} stage */
export async function policy({ machine, step }) {
  const mallory = machine.person('Mallory');
  const { session } = await step('the window opens', () => mallory.open());
  /** @param {() => unknown} act */
  const refused = (act) => session.run(act).then(
    (value) => `it worked: ${JSON.stringify(value)}`,
    (/** @type {Error} */ error) => error.message,
  );

  await step('text is not made into code', async () => {
    assert.match(await refused(() => window.eval('1 + 1')), /EvalError|Content Security Policy|Refused|TrustedScript/u);
    assert.match(
      await refused(() => new Function('return 1')()),
      /EvalError|Content Security Policy|Refused|TrustedScript/u,
    );
  });
  await step('text is not made into markup', async () => {
    assert.match(await refused(() => void (document.body.innerHTML = '<p>x</p>')), /TrustedHTML|TypeError/u);
    assert.equal(await session.run(() => document.querySelector('[data-screen]') !== null), true);
  });
  await step('no other computer is reached', async () => {
    let asked = 0;
    const server = createServer(
      (_, response) => void ((asked += 1), response.setHeader('access-control-allow-origin', '*').end('x')),
    );
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const address = `http://127.0.0.1:${port}/`;
    const outcome = await session.run(async (url) => {
      const fetched = await fetch(url).then(() => 'it worked', () => 'refused');
      const image = await new Promise((resolve) => {
        const picture = new Image();
        picture.onload = () => resolve('it worked');
        picture.onerror = () => resolve('refused');
        picture.src = url;
      });
      window.open(url);
      location.href = url;
      return { fetched, image };
    }, address);
    assert.deepEqual(outcome, { fetched: 'refused', image: 'refused' });
    // The page answers from where it was: the navigation did not happen.
    assert.match(await session.run(() => location.href), /^tauri:\/\/localhost(?:\/|$)/u);
    assert.equal(asked, 0, 'nothing arrived at the other computer');
    server.close();
  });
  await step('a command that nobody declared is refused', async () => {
    const call = (/** @type {string} */ command) =>
      session.run(
        (name) => /** @type {any} */ (window).__TAURI_INTERNALS__.invoke(name, {}).then(() => 'it worked', String),
        command,
      );
    assert.match(await call('plugin:window|close'), /not allowed/u);
    assert.match(await call('plugin:event|emit'), /not allowed/u);
    assert.match(await call('read_every_file'), /not (?:allowed|found)/u);
  });
  await step('a request with more in it than there should be is refused', async () => {
    const outcome = await session.run(() =>
      /** @type {any} */ (window).__TAURI_INTERNALS__
        .invoke('create_vault', { request: { protection: 'memoryOnly', passphrase: null, extra: 1 } })
        .then(() => 'it worked', String),
    );
    assert.match(outcome, /extra/u);
  });
  await step('neither Tauri nor a way to other computers lies open in the page', async () => {
    assert.deepEqual(
      await session.run(() => ({
        tauri: '__TAURI__' in window,
        rtc: 'RTCPeerConnection' in window,
        frozen: Object.isFrozen(Object.prototype),
      })),
      {
        tauri: false,
        rtc: false,
        frozen: true,
      },
    );
  });
  await mallory.close();
}
