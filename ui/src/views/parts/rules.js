import { formatDuration } from '../../format.js';
import { html, nothing } from '../../vendor/lit-html/lit-html.js';

/**
 * @import { Rules } from '../../../generated/api.js'
 * @import { App } from '../../../types/app.js'
 */

/**
 * The rules of a room, in sentences short enough for a table.
 * @param {App} app
 * @param {Rules} rules
 * @param {'open' | 'locked' | 'knocks'} [door] Whether anybody new comes in at the moment.
 */
export function renderRules(app, rules, door = 'open') {
  const { t } = app;
  const { messageTtl, idleTtl, maxMembers, needsPassphrase, ownerLeaveCloses } = rules;
  const { everythingViewOnce, receipts, presence, eraseBy } = rules;
  const idle = t('rules-idle-ttl-value', { time: formatDuration(app, idleTtl) });
  const invited = needsPassphrase ? t('rules-join-passphrase') : t('rules-join-code');
  const join = { open: invited, locked: t('rules-join-locked'), knocks: t('rules-join-knocks') }[door];
  const leave = ownerLeaveCloses ? t('rules-owner-leave-closes') : t('rules-owner-leave-stays');
  const confirmed = receipts === 'none'
    ? nothing
    : renderFact(t('rules-receipts'), t(`rules-receipts-${receipts}`), 'rules-receipts');
  return html`<dl class="facts" data-test="rules">
    <div><dt>${t('rules-message-ttl')}</dt><dd>${formatDuration(app, messageTtl)}</dd></div>
    ${everythingViewOnce ? renderFact(t('rules-kind'), t('rules-kind-view-once'), 'rules-view-once') : nothing}
    ${confirmed}
    <div><dt>${t('rules-idle-ttl')}</dt><dd>${idle}</dd></div>
    <div><dt>${t('rules-owner-leave')}</dt><dd data-test="rules-owner-leave">${leave}</dd></div>
    ${renderFact(t('rules-erase-by'), t(`rules-erase-by-${eraseBy}`), 'rules-erase-by')}
    <div><dt>${t('rules-max-members')}</dt><dd>${maxMembers}</dd></div>
    <div><dt>${t('rules-join')}</dt><dd>${join}</dd></div>
    ${presence ? nothing : renderFact(t('rules-presence'), t('rules-presence-off'), 'rules-presence')}
  </dl>`;
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} test
 */
function renderFact(name, value, test) {
  return html`<div><dt>${name}</dt><dd data-test=${test}>${value}</dd></div>`;
}
