import { formatDuration } from '../../format.js';
import { html } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Rules } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * The rules of a room, in sentences short enough for a table.
 * @param {App} app
 * @param {Rules} rules
 */
export function renderRules(app, { messageTtl, idleTtl, maxMembers, needsPassphrase }) {
  const { t } = app;
  const idle = t('rules-idle-ttl-value', { time: formatDuration(app, idleTtl) });
  const join = needsPassphrase ? t('rules-join-passphrase') : t('rules-join-code');
  return html`<dl class="facts" data-test="rules">
    <div><dt>${t('rules-message-ttl')}</dt><dd>${formatDuration(app, messageTtl)}</dd></div>
    <div><dt>${t('rules-idle-ttl')}</dt><dd>${idle}</dd></div>
    <div><dt>${t('rules-max-members')}</dt><dd>${maxMembers}</dd></div>
    <div><dt>${t('rules-join')}</dt><dd>${join}</dd></div>
  </dl>`;
}
