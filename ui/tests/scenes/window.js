// What lies over a screen or beside it.

import { enter, openDrawer, openInPanel } from './hand.js';

/** @import { Scene } from './hand.js' */

/** @type {Record<string, Scene>} */
export const windowScenes = {
  'dialog-leave': {
    act: async (hand) => (await enter(hand), await openInPanel(hand, 'leave'), hand.see('[data-test="dialog-leave"]')),
  },
  'dialog-remove-error': {
    prepare: (_, fake) => fake.fail('remove_room', 'storage-failed'),
    act: async (hand) => (
      await enter(hand),
      await openInPanel(hand, 'remove'),
      await hand.click('confirm'),
      hand.see('dialog [data-error]')
    ),
  },
  'dialog-forget': {
    prepare: (world) => {
      world.snapshot.vault = 'openInMemory';
      for (const room of world.snapshot.rooms) Object.assign(room, { inMemory: true, hosting: null });
    },
    act: async (hand) => (await hand.click('lock-now'), hand.see('[data-test="dialog-lock"]')),
  },
  'dialog-lock-memory': {
    prepare: (world) => void world.snapshot.rooms.slice(1).forEach((room) => Object.assign(room, { inMemory: true })),
    act: async (hand) => (await hand.click('lock-now'), hand.see('[data-test="dialog-lock"]')),
  },
  'dialog-lock': { act: async (hand) => (await hand.click('lock-now'), hand.see('[data-test="dialog-lock"]')) },
  'dialog-verify': {
    act: async (hand) => (
      await enter(hand),
      await openInPanel(hand, 'verify'),
      hand.see('[data-test="verification-words"]')
    ),
  },
  'dialog-close': {
    act: async (hand, fake) => (
      await enter(hand),
      fake.emit({ kind: 'closeRequested' }),
      hand.see('[data-test="dialog-close"]')
    ),
  },
  'switcher-normal': {
    act: async (hand) => (
      await enter(hand),
      hand.press('k', { ctrlKey: true }),
      hand.see('[data-test="switcher-entry"]')
    ),
  },
  'switcher-empty': {
    act: async (hand) => (
      await enter(hand),
      hand.press('k', { ctrlKey: true }),
      await hand.type('switcher-query', 'zebra'),
      hand.see('.switcher__none')
    ),
  },
  'settings-memory': {
    prepare: (world) => void (world.snapshot.vault = 'openInMemory'),
    act: async (hand) => (await hand.click('open-settings'), hand.see('[data-test="limits"]')),
  },
  'settings-normal': { act: async (hand) => (await hand.click('open-settings'), hand.see('[data-test="limits"]')) },
  'erase-tell': { act: async (hand) => (await enter(hand), hand.click('erase-tell')) },
  'people-drawer': { act: async (hand) => (await enter(hand), openDrawer(hand, 'open-people')) },
  'sidebar-drawer': { act: async (hand) => (await enter(hand), openDrawer(hand, 'open-sidebar')) },
};
