// Before the vault is open.

/**
 * @import { FolderTrouble } from '../../types/shell.js'
 * @import { FakeShell } from '../fake_shell.js'
 * @import { World } from '../world.js'
 * @import { Scene } from './hand.js'
 */

const locked = (/** @type {World} */ world) => void (world.snapshot.vault = 'locked');
const first = (/** @type {World} */ world) => void (world.snapshot.vault = 'new');
const incomplete = (/** @type {World} */ world) => void (world.snapshot.vault = 'incomplete');
const erased = (/** @type {World} */ world) => void (world.snapshot.vault = 'erased');
/** The folder for data cannot be used. @param {FolderTrouble} trouble */
const noFolder = (trouble) => (/** @type {World} */ world, /** @type {FakeShell} */ fake) => {
  world.snapshot.vault = 'new';
  world.boot.trouble = trouble;
  world.boot.dataFolder = '/media/heron/A stick with a long name/conclave/data';
  fake.fail('snapshot', 'storage-failed');
};

/** @type {Record<string, Scene>} */
export const vaultScenes = {
  'start-loading': { prepare: (_, fake) => fake.hang('snapshot'), act: (hand) => hand.see('.loading') },
  'start-error': {
    prepare: (_, fake) => fake.fail('snapshot', 'vault-busy'),
    act: (hand) => hand.see('[data-code="vault-busy"]'),
  },
  'folder-read-only': { prepare: noFolder('readOnly'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-no-folder': { prepare: noFolder('notAFolder'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-denied': { prepare: noFolder('denied'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-full': { prepare: noFolder('full'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'folder-disk': { prepare: noFolder('disk'), act: (hand) => hand.see('[data-test="folder-trouble"]') },
  'erased-left': { prepare: erased, act: (hand) => hand.see('[data-test="erased"]') },
  'first-normal': { prepare: first, act: (hand) => hand.see('[data-test="first-form"]') },
  'first-memory': { prepare: first, act: (hand) => hand.click('protect-memoryOnly') },
  'first-error': {
    prepare: first,
    act: async (hand) => {
      await hand.type('field-passphrase', 'short');
      await hand.type('field-passphrase-again', 'short');
      await hand.click('create-vault');
      return hand.see('[data-code="passphrase-too-short"]');
    },
  },
  'first-differs': {
    prepare: first,
    act: async (hand) => {
      await hand.type('field-passphrase', 'correct horse');
      await hand.type('field-passphrase-again', 'correct house');
      await hand.click('create-vault');
      return hand.see('[data-code="passphrase-differs"]');
    },
  },
  'incomplete-normal': { prepare: incomplete, act: (hand) => hand.see('[data-test="incomplete"]') },
  'incomplete-error': {
    prepare: (world, fake) => {
      incomplete(world);
      fake.fail('set_vault_aside', 'disk-full');
    },
    act: async (hand) => {
      await hand.click('set-aside');
      return hand.see('[data-code="disk-full"]');
    },
  },
  'unlock-normal': { prepare: locked, act: (hand) => hand.see('[data-test="unlock-form"]') },
  'unlock-portable': {
    prepare: (world) => {
      locked(world);
      world.boot.portable = true;
    },
    act: (hand) => hand.see('[data-test="unlock-form"]'),
  },
  'unlock-keyring': {
    prepare: (world) => {
      locked(world);
      world.snapshot.ways = { passphrase: false, keyring: true };
    },
    act: (hand) => hand.see('[data-test="unlock-keyring"]'),
  },
  'unlock-keyring-silent': {
    prepare: (world) => {
      locked(world);
      world.snapshot.ways = { passphrase: false, keyring: true };
      world.boot.keyring = false;
    },
    act: (hand) => hand.see('[data-test="keyring-silent"]'),
  },
  'unlock-error': {
    prepare: locked,
    act: async (hand) => {
      await hand.type('field-passphrase', 'wrong horse');
      await hand.click('unlock');
      return hand.see('[data-code="wrong-passphrase"]');
    },
  },
  'unlock-busy': {
    prepare: (world, fake) => {
      locked(world);
      fake.hang('unlock_vault');
    },
    act: async (hand) => {
      await hand.type('field-passphrase', 'correct horse');
      await hand.click('unlock');
      return hand.see('[data-test="unlock"] .spinner');
    },
  },
};
