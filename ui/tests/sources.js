// What sources are made of, as the compiler reads them: functions, and which modules know which others.

import { SyntaxKind } from 'typescript/unstable/ast';
import { isFunctionLikeDeclaration, isStringLiteral } from 'typescript/unstable/ast/is';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';
import { posix } from 'node:path';

/**
 * @import { Node, SourceFile } from 'typescript/unstable/ast'
 *
 * @typedef {object} Source
 * @property {string} path
 * @property {{ line: number, lines: number }[]} functions
 * @property {string[]} runs Paths of the modules that it imports.
 * @property {string[]} later Paths of those that it imports while it runs.
 * @property {string[]} names Paths of the modules that it takes types from.
 */

/**
 * @param {Record<string, string>} texts By path.
 * @returns {Source[]}
 */
export function readSources(texts) {
  // The texts alone: nothing else is looked up, so that a text that is made up is read like a file.
  const options = { allowJs: true, noLib: true, noResolve: true, types: [], module: 'esnext', target: 'esnext' };
  const config = JSON.stringify({ compilerOptions: options, include: ['**/*'] });
  const files = Object.entries(texts).map(([path, text]) => [ROOT + path, text]);
  const api = new API({ fs: createVirtualFileSystem({ [CONFIG]: config, ...Object.fromEntries(files) }) });
  try {
    const program = api.updateSnapshot({ openProjects: [CONFIG] }).getProjects()[0]?.program;
    return Object.keys(texts).map((path) => {
      const file = program?.getSourceFile(ROOT + path);
      if (file === undefined) throw new Error(`the compiler does not read ${path}`);
      const { runs, later, names } = findImports(path, file);
      // A module may be a declaration alone.
      const find = (/** @type {string} */ module) => {
        const declaration = module.replace(/\.js$/u, '.d.ts');
        return declaration in texts ? declaration : module;
      };
      const known = { runs: runs.map(find), later: later.map(find), names: names.map(find) };
      return { path, functions: findFunctions(file), ...known };
    });
  } finally {
    api.close();
  }
}

const ROOT = '/sources/';
const CONFIG = `${ROOT}tsconfig.json`;

/** @param {SourceFile} file */
function findFunctions(file) {
  /** @type {Source['functions']} */
  const found = [];
  const look = (/** @type {Node} */ node) => {
    if (isFunctionLikeDeclaration(node)) {
      const begin = node.getStart(file);
      const lines = file.text.slice(begin, node.end).split('\n').length;
      found.push({ line: file.text.slice(0, begin).split('\n').length, lines });
    }
    node.forEachChild(look);
  };
  look(file);
  return found;
}

/**
 * @param {string} path
 * @param {SourceFile} file
 */
function findImports(path, file) {
  const found = file.imports
    .filter(isStringLiteral)
    .filter(({ text }) => text.startsWith('.'))
    .map(({ text, parent }) => ({ module: posix.join(posix.dirname(path), text), how: WAYS[parent.kind] ?? 'names' }));
  const by = (/** @type {string} */ way) => found.filter(({ how }) => how === way).map(({ module }) => module);
  return { runs: by('runs'), later: by('later'), names: by('names') };
}

/**
 * What brings a module in when the program runs; an import in a comment is for types alone.
 * @type {Record<number, string>}
 */
const WAYS = {
  [SyntaxKind.ImportDeclaration]: 'runs',
  [SyntaxKind.ExportDeclaration]: 'runs',
  [SyntaxKind.CallExpression]: 'later',
};

/**
 * Modules that know each other, directly or over others, whether they run each other or take types.
 * @param {Source[]} sources
 * @returns {string[][]} One list for each circle.
 */
export function findCircles(sources) {
  const knows = new Map(sources.map((source) => [source.path, new Set(listKnown(source))]));
  const reached = new Map(sources.map(({ path }) => [path, reach(knows, path)]));
  const inCircles = sources.map(({ path }) => path).filter((path) => reached.get(path)?.has(path));
  const circleOf = (/** @type {string} */ path) =>
    inCircles.filter((other) => reached.get(path)?.has(other) && reached.get(other)?.has(path)).toSorted();
  return [...new Set(inCircles.map((path) => circleOf(path).join(' ')))].map((circle) => circle.split(' '));
}

/** Every module that this one knows. @param {Source} source */
export function listKnown({ runs, later, names }) {
  return [...runs, ...later, ...names];
}

/**
 * @param {Map<string, Set<string>>} knows
 * @param {string} path
 */
function reach(knows, path) {
  const reached = new Set(knows.get(path));
  // Grows while it is walked.
  for (const next of reached) for (const further of knows.get(next) ?? []) reached.add(further);
  return reached;
}
