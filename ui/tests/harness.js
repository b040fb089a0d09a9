// Opens the UI on the fake shell, at the scene that the address names: /tests/harness.html?scene=room-normal&locale=ar

import { FakeShell } from './fake_shell.js';
import { scenes } from './scenes.js';
import { evening } from './world.js';
// Served by tests/serve.mjs from ui/locales, because the page may not fetch.
// @ts-expect-error it exists only on that server
import { strings } from '/tests/strings.js';

/** @import { Hand } from './scenes/hand.js' */

// As the shell does it; code that writes to a built-in's prototype must fail here too.
Object.freeze(Object.prototype);

const address = new URL(location.href).searchParams;
const name = address.get('scene') ?? 'home-normal';
const scene = scenes[name];
if (scene === undefined) throw new Error(`There is no scene "${name}". There are: ${Object.keys(scenes).join(', ')}`);

const world = evening(strings, Math.floor(Date.now() / 1000));
world.boot.locale = address.get('locale') ?? 'en';
const fake = new FakeShell(world);
scene.prepare?.(world, fake);
Object.assign(globalThis, { fake });

const { start } = await import('../src/app.js');
const started = start(fake.shell(), document.body);
await scene.act(hand(), fake);
if (name !== 'start-loading') await started;
document.documentElement.dataset['done'] = name;

/** @returns {Hand} */
function hand() {
  /** @param {string} selector @returns {Promise<HTMLElement>} */
  const see = (selector) =>
    new Promise((resolve) => {
      const look = () => {
        const found = document.querySelector(selector);
        if (found instanceof HTMLElement || found instanceof SVGElement) {
          observer.disconnect();
          resolve(/** @type {HTMLElement} */ (found));
        }
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { subtree: true, childList: true, attributes: true });
      look();
    });
  return {
    see,
    click: async (test) => (await see(`[data-test="${test}"]`)).click(),
    type: async (test, value) => {
      const field = /** @type {HTMLInputElement} */ (await see(`[data-test="${test}"]`));
      field.focus();
      field.value = value;
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    },
    press: (key, modifiers = {}) =>
      void (document.activeElement ?? document.body).dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers }),
      ),
  };
}
