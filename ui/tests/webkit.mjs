// Draws the scenes in WebKitGTK, the engine of the real window on Linux, and keeps a picture of each.
//
// Needs Debian's webkit2gtk-driver and a display: xvfb-run -a npm run webkit [-- <part of a scene's name>]

import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scenes } from './scenes.js';
import { serve } from './serve.mjs';

const output = fileURLToPath(new URL('../test-output/webkit', import.meta.url));
const browser = process.env['MINIBROWSER'] ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const only = process.argv[2] ?? '';
const port = 4500 + (process.pid % 400);

/** Runs in the page: waits until the scene says that it is done, or says what stands in its way. */
const UNTIL_DONE = `
  const [scene, answer] = arguments;
  const look = () => {
    if (document.documentElement.dataset.done === scene) answer('done');
    else if (performance.now() > 8000) answer("did not reach its end: " + document.body.innerText.slice(0, 200));
    else setTimeout(look, 20);
  };
  look();
`;

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
const { address, close } = await serve();
const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'ignore' });
/** @type {string[]} */
const faults = [];
let drawn = 0;
try {
  await untilReady();
  const { sessionId } = await command('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] },
        timeouts: { script: 10_000 },
      },
    },
  });
  const session = `/session/${sessionId}`;
  await command('POST', `${session}/window/rect`, { width: 1280, height: 800 });
  for (const scene of Object.keys(scenes).filter((name) => name.includes(only))) {
    await command('POST', `${session}/url`, { url: `${address}/tests/harness.html?scene=${scene}` });
    const ended = await command('POST', `${session}/execute/async`, { script: UNTIL_DONE, args: [scene] });
    await writeFile(join(output, `${scene}.png`), await command('GET', `${session}/screenshot`), 'base64');
    if (ended !== 'done') faults.push(`${scene}: ${ended}`);
    drawn += 1;
  }
  await command('DELETE', session);
} finally {
  driver.kill();
  close();
}
for (const fault of faults) console.error(fault);
console.log(`${drawn} pictures in ${output}, ${faults.length} faults`);
process.exitCode = faults.length === 0 && drawn > 0 ? 0 : 1;

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function command(method, path, body) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = /** @type {{ value: any }} */ (await response.json());
  if (!response.ok) throw new Error(`${path}: ${value?.error} ${value?.message}`);
  return value;
}

async function untilReady() {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await command('GET', '/status');
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
