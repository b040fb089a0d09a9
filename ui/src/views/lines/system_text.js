// Things that happened, as sentences.

import { formatDuration } from '../../format.js';

/**
 * @import { SystemLine } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * @param {App} app
 * @param {SystemLine} line
 * @param {boolean} [isOwner] Whether this person orders in the room.
 */
export function describeSystem(app, line, isOwner = false) {
  const { t } = app;
  const by = isOwner ? 'own' : 'other';
  switch (line.event) {
    case 'joined':
    case 'rejoined':
    case 'inconsistent':
    case 'eraseKept':
    case 'moveRefused':
      return t(`system-${line.event}`, { nick: line.nick });
    case 'left':
      if (!line.removed) return t('system-left', { nick: line.nick });
      return t(isOwner ? 'system-removed-own' : 'system-removed', { nick: line.nick });
    case 'eraseRefused':
      return t(isOwner ? 'system-eraseRefused-own' : 'system-eraseRefused', { nick: line.nick });
    case 'renamed':
      return t('system-renamed', { from: line.from, to: line.to });
    case 'gap':
      return t('system-gap', { nick: line.nick, missing: line.missing });
    case 'clockSet': {
      const time = formatDuration(app, Math.abs(line.by));
      return t('system-clockSet', { direction: line.by < 0 ? 'back' : 'forward', time });
    }
    case 'notPublishedAgain':
      return t('system-notPublishedAgain', { count: line.count });
    case 'letIn':
      return t(isOwner ? 'system-letIn-own' : 'system-letIn', { nick: line.nick });
    case 'locked':
    case 'unlocked':
      return t(isOwner ? `system-${line.event}-own` : `system-${line.event}`);
    case 'titleChanged':
      return describeText(app, 'title', line, by);
    case 'noteChanged':
      return describeText(app, 'note', line, by);
    case 'messageTtlChanged':
    case 'idleTtlChanged':
      return t(`system-${line.event}`, { by, from: formatDuration(app, line.from), to: formatDuration(app, line.to) });
    case 'maxMembersChanged':
      return t('system-maxMembersChanged', { by, from: line.from, to: line.to });
    case 'eraseByChanged':
      return t('system-eraseByChanged', { to: isOwner && line.to === 'owner' ? 'own' : line.to });
    case 'created':
    case 'youJoined':
    case 'rulesChanged':
    case 'resynced':
    case 'logTruncated':
    case 'splitSuspected':
    case 'disturbed':
    case 'relayRestarted':
    case 'oldCopy':
      return t(`system-${line.event}`);
  }
}

/**
 * What stood there, and what stands there now.
 * @param {App} app
 * @param {'title' | 'note'} what
 * @param {{ from: string, to: string }} line
 * @param {'own' | 'other'} by
 */
function describeText({ t }, what, { from, to }, by) {
  if (from === '') return t(`system-${what}-given`, { by, to });
  return to === '' ? t(`system-${what}-taken`, { by, from }) : t(`system-${what}Changed`, { by, from, to });
}
