// Serves ui/ on loopback with the policy of the real window.
//
//   npm run harness     then open the address that is printed

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The policy of tauri.conf.json. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  'connect-src ipc: http://ipc.localhost',
  "object-src 'none'",
  "media-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/**
 * @param {{ edited?: boolean }} [options] Whether files may change while it serves: then no browser keeps one.
 * @returns {Promise<{ address: string, close: () => void }>}
 */
export async function serve({ edited = false } = {}) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    answer(path).then(
      (body) =>
        response
          .writeHead(200, {
            'content-type': `${TYPES[extname(path)] ?? 'text/plain'}; charset=utf-8`,
            'content-security-policy': POLICY,
            'cache-control': edited ? 'no-store' : 'max-age=3600',
          })
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** @param {string} path */
async function answer(path) {
  if (path === '/favicon.ico') return '';
  if (path === '/tests/strings.js') {
    return `export const strings = ${JSON.stringify(await readFile(join(root, 'locales/en/conclave.ftl'), 'utf8'))};`;
  }
  if (!/^\/(?:src|tests)\//u.test(path)) throw new Error('not served');
  return readFile(join(root, path));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { address } = await serve({ edited: true });
  console.log(`${address}/tests/harness.html?scene=home-normal`);
}
