// What keyboard, focus and scrolling do, in a real browser under the policy of the real window.

import './behaviour/changes.mjs';
import './behaviour/endings.mjs';
import './behaviour/erase.mjs';
import './behaviour/erasing.mjs';
import './behaviour/focus.mjs';
import './behaviour/hearing.mjs';
import './behaviour/joining.mjs';
import './behaviour/keyboard.mjs';
import './behaviour/knock.mjs';
import './behaviour/knocks.mjs';
import './behaviour/moving.mjs';
import './behaviour/owner.mjs';
import './behaviour/people.mjs';
import './behaviour/reorganised.mjs';
import './behaviour/rules.mjs';
import './behaviour/sealed.mjs';
import './behaviour/spoken.mjs';
import './behaviour/timeline.mjs';
import './behaviour/typing.mjs';
import './behaviour/vault.mjs';
import './behaviour/window.mjs';
import './behaviour/writing.mjs';
