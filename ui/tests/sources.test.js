import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCircles, readSources } from './sources.js';

test('every kind of function is measured, those within others as well', () => {
  const [source] = readSources({
    'a.js': [
      '/** The comment above does not count. */',
      'export function outer() {',
      '  return [1].map((n) => {',
      '    return n;',
      '  });',
      '}',
      'class Some {',
      '  method() {',
      '    return 1;',
      '  }',
      '}',
    ].join('\n'),
  });
  assert.deepEqual(source?.functions, [
    { line: 2, lines: 5 },
    { line: 3, lines: 3 },
    { line: 8, lines: 3 },
  ]);
});

test('imports are those of the program, and of its comments; a text that looks like one is none', () => {
  const [source] = readSources({
    'in/a.js': [
      '/**',
      " * @import { B } from './b.js'",
      " * @typedef {import('../c.js').C} C",
      ' */',
      "import { d } from './d.js';",
      "export * from './e.js';",
      "const later = () => import('./f.js');",
      "import { html } from 'elsewhere';",
      'const text = "import { g } from \'./g.js\'";',
    ].join('\n'),
  });
  assert.deepEqual(source?.runs.toSorted(), ['in/d.js', 'in/e.js']);
  assert.deepEqual(source?.later, ['in/f.js']);
  assert.deepEqual(source?.names.toSorted(), ['c.js', 'in/b.js']);
});

test('a circle is found over several modules, and over types', () => {
  const sources = readSources({
    'a.js': "import { b } from './b.js';",
    'b.js': "import { c } from './c.js';",
    'c.js': "/** @import { A } from './a.js' */\nexport const c = 1;",
    'd.js': "import { a } from './a.js';",
    'e.js': "import { f } from './f.js';",
    'f.js': "import { e } from './e.js';",
  });
  assert.deepEqual(findCircles(sources), [['a.js', 'b.js', 'c.js'], ['e.js', 'f.js']]);
});
