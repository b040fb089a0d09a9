// What every view gets besides the state.

import type { Actions } from '../src/actions.js';
import type { Strings, Translate } from '../src/strings.js';

export type App = {
  /**
   * What a person can do.
   */
  actions: Actions,
  /**
   * The sentences.
   */
  t: Translate,
  /**
   * The language beside them: locale, dates, direction.
   */
  strings: Strings,
};
