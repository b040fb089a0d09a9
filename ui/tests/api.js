// Reads the unions of the generated and the shell's types, so that a test fails when the engine learns something that
// the UI does not know.

import { readFileSync } from 'node:fs';

const source = ['../generated/api.d.ts', '../types/shell.d.ts']
  .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
  .join('\n')
  .replace(/\/\*\*[\s\S]*?\*\//gu, '');

/**
 * The values or tags of a union type.
 * @param {string} name
 * @param {string} [tag] The field that tells the variants apart, where they are objects.
 * @returns {string[]}
 */
export function variants(name, tag) {
  const body = new RegExp(`export type ${name} =([\\s\\S]*?);\\n(?:\\n|$)`, 'u').exec(source)?.[1];
  if (body === undefined) throw new Error(`there is no type ${name}`);
  const pattern = tag === undefined ? /"([^"]+)"/gu : new RegExp(`\\{\\s*"?${tag}"?: "([^"]+)"`, 'gu');
  const found = [...body.matchAll(pattern)].map((match) => match[1] ?? '');
  if (found.length === 0) throw new Error(`the type ${name} has no variants`);
  return found;
}
