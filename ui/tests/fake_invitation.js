// An invitation that looks like one.

/** @import { InvitationView } from '../generated/api.js' */

const CODE = '3Q9TX-7KMFA-2RWDE-H8ZPC-NV4YJ-6BG5S';
const WORDS = 'velvet amber window cradle noble orbit lantern pepper saddle tribe useful violin north';

/** @returns {InvitationView} */
export function invitation() {
  const size = 33;
  return {
    link: `conclave://192.168.1.20:7443/#${CODE}~k=vN2kq0c1n8Yb3rT5uXw7zA9dF4gH6jKlMnPqRsTuVwY~a=[fd00::20]:7443`,
    code: CODE,
    words: WORDS.split(' '),
    address: '192.168.1.20:7443',
    qrSize: size,
    qrModules: qrPattern(size),
  };
}

/**
 * Not a code that a camera reads, but one that looks like it: three finders and noise.
 * @param {number} size
 */
function qrPattern(size) {
  const finder = (/** @type {number} */ x, /** @type {number} */ y) => {
    const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
    return ring === 3 || ring <= 1;
  };
  let seed = 7;
  let modules = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      const left = x < 8;
      const right = x >= size - 8;
      const top = y < 8;
      const bottom = y >= size - 8;
      let dark = seed % 97 < 46;
      if (left && top) dark = x < 7 && y < 7 && finder(x, y);
      else if (right && top) dark = x > size - 8 && y < 7 && finder(x - size + 7, y);
      else if (left && bottom) dark = x < 7 && y > size - 8 && finder(x, y - size + 7);
      modules += dark ? '1' : '0';
    }
  }
  return modules;
}
