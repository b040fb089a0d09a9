// Every visible sentence comes from here, out of one Fluent file per language.

import { FluentBundle, FluentResource } from './vendor/@fluent/bundle/esm/index.js';

/**
 * @import { FluentVariable } from './vendor/@fluent/bundle/esm/index.js'
 * @typedef {(id: string, args?: Record<string, FluentVariable>) => string} Translate
 */

/**
 * @typedef {object} Strings
 * @property {Translate} t A sentence. One that is missing shows its id, so that it is noticed and the app goes on.
 * @property {(id: string) => boolean} has Whether the sentence exists.
 * @property {string} locale
 * @property {string} dates The locale for times and lists.
 * @property {'ltr' | 'rtl'} direction
 */

/**
 * @param {string} locale
 * @param {string} source Fluent text
 * @param {(problem: Error) => void} report Told about every sentence that is missing or broken.
 * @returns {Strings}
 */
export function createStrings(locale, source, report) {
  // Isolation keeps a right-to-left name from turning the sentence around it.
  const bundle = new FluentBundle(locale, { useIsolating: true });
  for (const problem of bundle.addResource(new FluentResource(source))) report(problem);

  return {
    locale,
    // The English here is neutral, so its clock has 24 hours and its dates begin with the day.
    dates: locale === 'en' ? 'en-GB' : locale,
    direction: RIGHT_TO_LEFT.has(new Intl.Locale(locale).language) ? 'rtl' : 'ltr',
    has: (id) => bundle.hasMessage(id),
    t(id, args) {
      const pattern = bundle.getMessage(id)?.value;
      if (!pattern) {
        report(new Error(`no sentence "${id}"`));
        return id;
      }
      /** @type {Error[]} */
      const problems = [];
      const text = bundle.formatPattern(pattern, args, problems);
      for (const problem of problems) report(problem);
      return text;
    },
  };
}

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'ha', 'he', 'khw', 'ks', 'ps', 'sd', 'ur', 'yi']);
