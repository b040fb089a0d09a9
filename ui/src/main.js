import { start } from './app.js';
import { connectTauri } from './shell.js';

await start(connectTauri(), document.body);
