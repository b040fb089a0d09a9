// Every screen in every state that a person can meet, reached the way a person reaches it.

import { changeScenes } from './scenes/changes.js';
import { endingScenes } from './scenes/endings.js';
import { erasingScenes } from './scenes/erasing.js';
import { homeScenes } from './scenes/home.js';
import { joinScenes } from './scenes/join.js';
import { knockScenes } from './scenes/knock.js';
import { knocksScenes } from './scenes/knocks.js';
import { movingScenes } from './scenes/moving.js';
import { ownerScenes } from './scenes/owner.js';
import { reorganisedScenes } from './scenes/reorganised.js';
import { roomScenes } from './scenes/room.js';
import { ruleScenes } from './scenes/rules.js';
import { sealedScenes } from './scenes/sealed.js';
import { typingScenes } from './scenes/typing.js';
import { spokenScenes } from './scenes/spoken.js';
import { vaultScenes } from './scenes/vault.js';
import { windowScenes } from './scenes/window.js';

/** @import { Scene } from './scenes/hand.js' */

/** @type {Record<string, Scene>} */
export const scenes = {
  ...typingScenes,
  ...vaultScenes,
  ...homeScenes,
  ...joinScenes,
  ...knockScenes,
  ...roomScenes,
  ...reorganisedScenes,
  ...ruleScenes,
  ...ownerScenes,
  ...changeScenes,
  ...movingScenes,
  ...knocksScenes,
  ...endingScenes,
  ...erasingScenes,
  ...spokenScenes,
  ...sealedScenes,
  ...windowScenes,
};
