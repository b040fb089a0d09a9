// The question whether to follow the others.

import assert from 'node:assert/strict';
import { PRESS, REORGANISED } from '../world.js';
import { calls, emit, focused, hook, say, story } from './story.mjs';

story(
  'a room that was reorganised is rejoined only by a second yes, at the branch that was shown',
  'reorganised-normal',
  async (page) => {
    const asked = await page.$eval(hook('reorganised'), (panel) =>
      (panel.textContent ?? '').replaceAll(/[\u2068\u2069]/gu, ''),
    );
    for (const told of [REORGANISED.by, ...REORGANISED.people, ...REORGANISED.words, 'it proves nothing']) {
      assert.ok(asked.includes(told), `"${told}" is not in sight`);
    }
    assert.match(
      await page.$eval(hook('check-hint'), (hint) => hint.textContent ?? ''),
      /do not rejoin/u,
      'the words of the room as it was are told apart',
    );

  await page.click(hook('rejoin'));
  await page.waitForSelector(hook('dialog-rejoin'));
  assert.equal(await focused(page), 'cancel', 'a yes is not given by accident');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.equal(await focused(page), 'rejoin');
  assert.deepEqual(await calls(page, 'rejoin_room'), []);

  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-rejoin'));
  await page.click(hook('confirm'));
  await page.waitForSelector('[data-state="phase-joining"]');
  assert.deepEqual(await calls(page, 'rejoin_room'), [{ room: PRESS, branch: REORGANISED.branch }]);
  assert.equal(await page.$(hook('reorganised')), null);
  assert.equal(await focused(page), 'room-title', 'the focus is somewhere although the button is gone');
});

story(
  'a room that was reorganised is stayed in by a second no, to the branch that was shown',
  'reorganised-normal',
  async (page) => {
    assert.match(await page.$eval('#reorganised-stay', (line) => line.textContent ?? ''), /as you know it/u);
    assert.equal(
      await page.$eval(hook('stay'), (button) => button.getAttribute('aria-describedby')),
      'reorganised-stay',
    );
    await page.focus(hook('stay'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('dialog-stay'));
    assert.equal(await focused(page), 'cancel', 'nor is a no given by accident');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('dialog') === null);
    assert.equal(await focused(page), 'stay');
    assert.deepEqual(await calls(page, 'stay_in_room'), []);

  await page.keyboard.press('Enter');
  await page.waitForSelector(hook('dialog-stay'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-test="reorganised"]') === null);
  assert.deepEqual(await calls(page, 'stay_in_room'), [{ room: PRESS, branch: REORGANISED.branch }]);
  assert.deepEqual(await calls(page, 'rejoin_room'), []);
  assert.equal(await focused(page), 'composer', 'one writes on');
});

story('who cannot read on is told so, and has no no', 'reorganised-many', async (page) => {
  assert.equal(await page.$(hook('stay')), null);
  assert.match(await page.$eval('#reorganised-stay', (line) => line.textContent ?? ''), /cannot stay/u);
});

story(
  'whose own app went on elsewhere is told so, and not by a name that anybody can choose',
  'reorganised-own',
  async (page) => {
    const told = await page.$eval(hook('reorganised-by'), (line) => line.textContent ?? '');
    assert.match(told, /own app.*copy.*What you write waits/u);
    assert.doesNotMatch(told, /Heron|Anybody can choose/u);
  },
);

story('whom nobody has confirmed is told what staying means', 'reorganised-unconfirmed', async (page) => {
  assert.match(
    await page.$eval(hook('dialog-stay'), (dialog) => dialog.textContent ?? ''),
    /Nobody has confirmed yet/u,
  );
});

story(
  'in a small window a question begins at its beginning, with the focused answer in sight',
  'reorganised-normal',
  async (page) => {
    await page.setViewport({ width: 640, height: 400 });
    await page.focus(hook('rejoin'));
    await page.keyboard.press('Enter');
    await page.waitForSelector(hook('dialog-rejoin'));
    assert.equal(await focused(page), 'cancel');
    const { scrolled, scrolls, bottom } = await page.$eval('dialog', (dialog) => ({
      scrolled: dialog.scrollTop,
      scrolls: dialog.scrollHeight > dialog.clientHeight,
      bottom:
        dialog.getBoundingClientRect().bottom - (document.activeElement?.getBoundingClientRect().bottom ?? Infinity),
    }));
    assert.ok(scrolls, 'it does not fit');
    assert.equal(scrolled, 0);
    assert.ok(bottom > 0, 'the answer is within the dialog');
  },
);

story('a question that has changed meanwhile takes no yes', 'reorganised-over', async (page) => {
  assert.equal(await page.$(hook('confirm')), null);
  assert.equal(await focused(page), 'cancel');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('dialog') === null);
  assert.deepEqual(await calls(page, 'rejoin_room'), []);
  await page.click(hook('rejoin'));
  await page.click(hook('confirm'));
  await page.waitForSelector('[data-state="phase-joining"]');
  assert.deepEqual(await calls(page, 'rejoin_room'), [{ room: PRESS, branch: 'another' }]);
});

story(
  'the question is a pane of its own, folds, and stays folded while lines come in',
  'reorganised-normal',
  async (page) => {
    const walked = [];
    for (let step = 0; step < 6; step += 1) {
      await page.keyboard.press('F6');
      walked.push(await page.evaluate(() => document.activeElement?.closest('[data-pane]')?.className.split(' ')[0]));
    }
    assert.deepEqual(walked, ['people', 'sidebar', 'room__head', 'reorganised', 'timeline__scroll', 'composer']);
    const folded = () =>
      page.$eval(`${hook('reorganised')} details`, (fold) => !(/** @type {HTMLDetailsElement} */ (fold).open));
    await page.focus(hook('reorganised-fold'));
    await page.keyboard.press('Enter');
    assert.ok(await folded());
    await emit(page, { kind: 'itemsChanged', room: PRESS, items: [say('100', 'meanwhile')] });
    await page.waitForFunction(
      () => [...document.querySelectorAll('[data-test="item-text"]')].at(-1)?.textContent === 'meanwhile',
    );
    assert.ok(await folded());
  },
);

story('what is written while the room asks says what it waits for', 'reorganised-waiting', async (page) => {
  assert.match(
    await page.$eval(`${hook('item-state')}[data-state="waiting"]`, (state) => state.textContent ?? ''),
    /your answer/u,
  );
  assert.equal(await page.$(hook('composer-silent')), null, 'it can be written');
});
