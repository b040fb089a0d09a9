import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE, WINDOW, mergeChanged, prependPage, readNewest, removeLines } from '../src/state/lines.js';
import { item, own, text } from './world.js';

const lines = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, n) =>
    item(String(from + n), 1000 + from + n, text('wren', 'Wren', `${from + n}`)),
  );
const ids = (/** @type {{ items: { id: string }[] }} */ timeline) => timeline.items.map((one) => one.id);

test('a page is shown in the order that the engine gives, whatever order it came in', () => {
  assert.deepEqual(ids(readNewest({ items: lines(0, 4).reverse(), earlier: null })), ['0', '1', '2', '3']);
});

test('reading far back never shows more lines than the window, and says that the end was let go', () => {
  let timeline = readNewest({ items: lines(2000 - PAGE, 2000), earlier: 'c' });
  for (let end = 2000 - PAGE; end > 0; end -= PAGE) {
    timeline = prependPage(timeline, { items: lines(end - PAGE, end), earlier: 'c' });
  }
  assert.equal(timeline.items.length, WINDOW);
  assert.equal(timeline.items[0]?.id, '0', 'the page that was asked for is there');
  assert.equal(timeline.detached, true);
});

test('a new line does not stick to a window whose end was let go, but is counted', () => {
  const timeline = mergeChanged(
    { ...readNewest({ items: lines(0, 10), earlier: null }), detached: true },
    lines(500, 501),
    true,
  );
  assert.equal(timeline.items.length, 10);
  assert.equal(timeline.unseen, 1);
});

test('a line from before the window waits for its page', () => {
  const timeline = mergeChanged(readNewest({ items: lines(100, 110), earlier: 'c' }), lines(5, 6), true);
  assert.deepEqual(ids(timeline), ids({ items: lines(100, 110) }));
});

test('only lines of others that arrive out of sight count as unseen', () => {
  const start = readNewest({ items: lines(0, 3), earlier: null });
  const away = mergeChanged(
    start,
    [item('7', 2000, text('wren', 'Wren', 'hello')), item('8', 2001, own('mine'))],
    false,
  );
  assert.equal(away.unseen, 1);
  assert.equal(mergeChanged(start, lines(7, 8), true).unseen, 0);
  assert.equal(
    mergeChanged(away, [item('7', 2000, text('wren', 'Wren', 'hello, edited'))], false).unseen,
    1,
    'a change is not a new line',
  );
});

test('an old line that moves to the end is no new one', () => {
  const start = readNewest({ items: lines(100, 110), earlier: 'c' });
  const moved = mergeChanged(
    start,
    [{ ...item('5', 2000, text('wren', 'Wren', 'said from another leaf')), order: '~' }],
    false,
  );
  assert.equal(moved.items.at(-1)?.id, '5');
  assert.equal(moved.unseen, 0);
});

test('expired lines are gone and the others stay where they are', () => {
  assert.deepEqual(ids(removeLines(readNewest({ items: lines(0, 4), earlier: null }), ['1', '2'])), ['0', '3']);
});
