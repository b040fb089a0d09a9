// Locking, and closing the window, where more ends than what this person sees.

import { countEnds } from '../../state/ends.js';
import { renderQuestion } from './question.js';

/**
 * @import { App } from '../../../types/app.js'
 * @import { State } from '../../state/slices.js'
 */

/**
 * @param {State} state
 * @param {App} app
 */
export function renderLock(state, app) {
  const { t, actions } = app;
  const { lost } = countEnds(state.rooms);
  const label = lost > 0 && lost === state.rooms.length ? t('forget-now') : t('lock-now');
  return renderEnd(state, app, LOCKING, { label, go: actions.lockNow });
}

/**
 * @param {State} state
 * @param {App} app
 */
export function renderClose(state, app) {
  const { t, actions } = app;
  return renderEnd(state, app, CLOSING, { label: t('close-confirm'), go: actions.closeWindow });
}

/**
 * @param {State} state
 * @param {App} app
 * @param {typeof LOCKING} words
 * @param {{ label: string, go: () => void }} yes
 */
function renderEnd(state, app, words, yes) {
  const { t } = app;
  const { others, othersWhoWait, lost } = countEnds(state.rooms);
  return renderQuestion(state, app, {
    title: renderTitle(app, words, others, lost),
    points: [
      ...(others > 0 ? [t(words.others)] : []),
      ...(othersWhoWait > 0 ? [t(words.kept)] : []),
      ...(lost > 0 ? [t('forget-here', { count: lost }), t('forget-owned')] : []),
    ],
    yes,
  });
}

/**
 * @param {App} app
 * @param {typeof LOCKING} words
 * @param {number} others
 * @param {number} lost
 */
function renderTitle({ t }, words, others, lost) {
  if (others > 0) return t('hosting-others-title', { count: others });
  // The others may have gone while the question was open.
  return lost > 0 ? t('forget-title', { count: lost }) : t(words.title);
}

const LOCKING = { title: 'lock-title', others: 'lock-others', kept: 'lock-kept' };
const CLOSING = { title: 'close-title', others: 'close-others', kept: 'close-kept' };
