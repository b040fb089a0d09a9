// Draws every scene in the real browser engine nearest at hand, looks for faults, and keeps a picture of each.
//
// Fails on: a console error or a report of the content policy, a violation found by axe, text or controls that stick
// out of the window, a picture of a single colour.
//
//   npm run screens [-- <part of a scene's name>]

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer-core';
import { scenes } from './scenes.js';
import { serve } from './serve.mjs';

/**
 * Browsers that draw side by side: while one waits, another works. Of two pages in one browser the one behind may never
 * be drawn.
 */
const AT_ONCE = 2;
const output = fileURLToPath(new URL('../test-output/screens', import.meta.url));
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const only = process.argv[2] ?? '';

/**
 * @import { Browser, Page } from 'puppeteer-core'
 *
 * @typedef {object} Setting
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {number} [scale]
 * @property {'dark' | 'light'} theme
 * @property {string} [locale]
 * @property {boolean} [all] Every scene is drawn in it.
 * @property {boolean} [still] Motion is reduced.
 * @property {boolean} [colours] Nothing but colours differs from the setting before it, so axe looks at nothing else.
 */

/** @type {Setting[]} */
const SETTINGS = [
  { name: 'dark', width: 1280, height: 800, theme: 'dark', all: true },
  { name: 'light', width: 1280, height: 800, theme: 'light', all: true, colours: true },
  { name: 'zoom', width: 640, height: 400, scale: 2, theme: 'dark' },
  { name: 'narrow', width: 640, height: 800, theme: 'light', still: true },
  { name: 'rtl', width: 1280, height: 800, theme: 'dark', locale: 'ar' },
];

/** States that are also looked at in the settings that are not for all. */
const WIDELY = [
  ...['normal', 'drawer', 'waiting', 'verify', 'leave', 'states', 'lookalike', 'unvouched', 'many', 'fold', 'rejoin'],
  ...['stay', 'unconfirmed', 'own', 'disturbed', 'damaged', 'served', 'lines', 'no-folder', 'silent', 'full'],
  ...['rules', 'locked', 'good', 'closing', 'draft', 'ended', 'long', 'idle', 'member', 'close-room', 'owner'],
  ...['card', 'open', 'over', 'choice', 'confirmed', 'retracted', 'left', 'came', 'armed', 'erasing', 'give-up'],
  ...['asked', 'burned', 'tell', 'change', 'changed', 'waits', 'change-error', 'typing'],
  ...['knocks', 'let-in', 'spoken', 'most', 'here', 'relay', 'take-back', 'refused'],
];

await rm(output, { recursive: true, force: true });
await mkdir(output, { recursive: true });
const { address, close } = await serve();
/** @type {string[]} */
const faults = [];
let drawn = 0;
const wanted = pictures();
await Promise.all(Array.from({ length: AT_ONCE }, drawAll));
close();

for (const fault of faults) console.error(fault);
console.log(`${drawn} pictures in ${output}, ${faults.length} faults`);
process.exitCode = faults.length === 0 && drawn > 0 ? 0 : 1;

/** @returns {Generator<[Setting, string]>} */
function* pictures() {
  for (const setting of SETTINGS) {
    for (const scene of Object.keys(scenes)) {
      const isWide = setting.all || WIDELY.some((state) => scene.endsWith(`-${state}`));
      if (scene.includes(only) && isWide) yield [setting, scene];
    }
  }
}

/** Draws one after the other of those that nobody draws yet, in a browser of its own. */
async function drawAll() {
  const browser = await launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--hide-scrollbars'],
  });
  const judge = await browser.newPage();
  for (const [setting, scene] of wanted) {
    const found = await draw(browser, judge, setting, scene).catch((/** @type {Error} */ error) => [error.message]);
    faults.push(...found.map((fault) => `${scene} (${setting.name}): ${fault}`));
    drawn += 1;
  }
  await browser.close();
}

/**
 * @param {Browser} browser
 * @param {Page} judge Looks at pictures.
 * @param {Setting} setting
 * @param {string} scene
 * @returns {Promise<string[]>} What is wrong.
 */
async function draw(browser, judge, setting, scene) {
  /** @type {string[]} */
  const wrong = [];
  const page = await browser.newPage();
  try {
    page.on(
      'console',
      (message) => ['error', 'warn'].includes(message.type()) && wrong.push(`console: ${message.text()}`),
    );
    page.on('pageerror', (error) => wrong.push(`uncaught: ${error}`));
    page.on('response', (response) => response.status() >= 400 && wrong.push(`${response.status()} ${response.url()}`));
    await page.setViewport({ width: setting.width, height: setting.height, deviceScaleFactor: setting.scale ?? 1 });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: setting.theme },
      { name: 'prefers-reduced-motion', value: setting.still ? 'reduce' : 'no-preference' },
    ]);
    await page.goto(`${address}/tests/harness.html?scene=${scene}&locale=${setting.locale ?? 'en'}`);
    await page
      .waitForSelector(`html[data-done="${scene}"]`, { timeout: 30_000 })
      .catch(() => wrong.push('did not reach its end'));
    const picture = await page.screenshot({ encoding: 'base64' });
    await writeFile(join(output, `${scene}.${setting.name}.png`), picture, 'base64');
    if ((await coloursOf(judge, picture)) < 2) wrong.push('the picture has a single colour');
    wrong.push(...(await page.evaluate(overflowing)));
    wrong.push(...(await violations(page, setting)));
  } finally {
    await page.close();
  }
  return wrong;
}

/** @param {Page} page @param {Setting} setting */
async function violations(page, { colours = false }) {
  // Through the inspector, which is not bound by the page's policy.
  await page.evaluate(axeSource);
  const result = await page.evaluate((only) => {
    const runOnly = only === null ? {} : { runOnly: only };
    const options = { resultTypes: ['violations'], rules: { region: { enabled: false } }, ...runOnly };
    return /** @type {any} */ (window).axe.run(document, options);
  }, colours ? ['color-contrast', 'link-in-text-block'] : null);
  return result.violations.map((/** @type {any} */ { id, nodes }) => {
    const places = nodes.slice(0, 3).map((/** @type {any} */ { target, any }) => {
      const why = any.map((/** @type {any} */ { message }) => message).join('; ');
      return `${target.join(' ')} [${why.slice(0, 160)}]`;
    });
    return `axe ${id}: ${places.join(' | ')}`;
  });
}

/** Runs in the page: the window never scrolls sideways, and no control sticks out of it. @returns {string[]} */
function overflowing() {
  const wrong = [];
  const page = document.documentElement;
  if (page.scrollHeight > page.clientHeight + 1) {
    wrong.push(`the document itself is ${page.scrollHeight - page.clientHeight}px too high`);
  }
  for (const area of document.querySelectorAll('html, main, .stage, .timeline__scroll, aside, dialog, nav')) {
    const over = area.scrollWidth - area.clientWidth;
    const name = `<${area.tagName.toLowerCase()} class="${area.className}">`;
    if (over > 1) wrong.push(`${name} is wider than its place by ${over}px`);
  }
  for (const control of document.querySelectorAll('button, input, textarea')) {
    const box = control.getBoundingClientRect();
    if (box.width === 0 || !control.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const hidden = control.closest('.toast-place') !== null;
    if (!hidden && (box.left < -1 || box.right > innerWidth + 1)) {
      wrong.push(`a control sticks out of the window: ${control.outerHTML.slice(0, 80)}`);
    }
    if (control.matches('button:not(.link):not(.scrim)') && (box.height < 32 || box.width < 32)) {
      const size = `${Math.round(box.width)}×${Math.round(box.height)}`;
      wrong.push(`a target is smaller than 32px (${size}): ${control.outerHTML.slice(0, 80)}`);
    }
  }
  return wrong;
}

/** @param {Page} judge @param {string} picture PNG in base64. */
function coloursOf(judge, picture) {
  return judge.evaluate(async (data) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    if (context === null) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, bitmap.width, bitmap.height).data.buffer)).size;
  }, picture);
}
