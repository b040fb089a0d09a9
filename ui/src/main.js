import { start } from './app.js';
import { tauriHost } from './host.js';

await start(tauriHost(), document.body);
