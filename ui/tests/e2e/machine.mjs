// The processes of a run: windows, each with a driver, a home and data of its own; relays. None outlives the run.

import { spawn } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DriverError, Session } from './driver.mjs';
import { hasWindow } from './screen.mjs';
import { until } from './wait.mjs';
import { Window } from './window.mjs';

/** @import { ChildProcess } from 'node:child_process' */

export class Machine {
  #root = mkdtempSync(join(tmpdir(), 'conclave-e2e-'));
  /** @type {Set<ChildProcess>} */
  #children = new Set();
  /** @type {App[]} */
  #apps = [];

  constructor() {
    // Also where the run ends by an exception: an orphan would keep ports, and the pipe of whoever waits for this run.
    process.on('exit', () => this.#end());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
  }

  /** The windows that are open. */
  get windows() {
    return this.#apps.filter((app) => app.isOpen).map((app) => app.window);
  }

  /** A person with a computer of their own. Nothing is started yet. @param {string} name */
  person(name) {
    const folder = this.folder(name);
    return this.#app(name, { folder, program: setting('CONCLAVE_APP'), args: ['--data', folder] });
  }

  /**
   * A person with Conclave on a stick, started from inside of a foreign AppImage. What the program and all that it
   * starts do to files is written down.
   * @param {string} name
   * @returns {{ app: App, stick: string, trace: string }}
   */
  traveller(name) {
    const stick = this.folder(name);
    const watch = this.folder(`${name}-watch`);
    const [program, trace, watched] = [join(stick, 'conclave'), join(watch, 'trace'), join(watch, 'conclave')];
    copyFileSync(setting('CONCLAVE_APP'), program);
    writeFileSync(join(stick, 'portable.txt'), '');
    writeFileSync(
      watched,
      `#!/bin/sh\nexec strace -A -f -q -y --seccomp-bpf -e trace=${CHANGES_FILES} -o '${trace}' '${program}' "$@"\n`,
      { mode: 0o755 },
    );
    // What a program finds that another AppImage starts, and what would say that the environment needs no cleaning.
    const inherited = { APPIMAGE: join(watch, 'Editor.AppImage'), APPDIR: watch, CONCLAVE_CLEAN_START: '1' };
    return {
      app: this.#app(name, { folder: stick, program: watched, args: [], runs: program, inherited }),
      stick,
      trace,
    };
  }

  /** @param {string} name @param {Start} start */
  #app(name, start) {
    const app = new App(this, name, start);
    this.#apps.push(app);
    return app;
  }

  /** Another process on the data of somebody. @param {string} name @param {App} first */
  secondInstance(name, first) {
    return this.#app(name, { folder: first.folder, program: setting('CONCLAVE_APP'), args: ['--data', first.folder] });
  }

  /** @param {string} name */
  folder(name) {
    const folder = join(this.#root, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /**
   * Starts a relay with a TLS key of its own.
   * @param {string} name
   * @returns {Promise<{ address: string, pin: string }>}
   */
  async relay(name) {
    const folder = this.folder(name);
    const config = join(folder, 'relay.toml');
    const settings = [
      'listen = ["127.0.0.1:0"]',
      'authorities = []',
      '[storage]',
      `file = "${join(folder, 'rooms.db')}"`,
      `key_file = "${join(folder, 'storage.key')}"`,
      '[tls]',
      `self_signed_key = "${join(folder, 'tls.key')}"`,
    ];
    writeFileSync(config, settings.map((setting) => `${setting}\n`).join(''));
    const environment = { ...process.env, NO_COLOR: '1' };
    const child = this.start(setting('CONCLAVE_RELAY'), ['--config', config], environment, 'pipe');
    let printed = '';
    child.stderr?.on('data', (chunk) => (printed += chunk));
    const announced = (/** @type {RegExp} */ pattern) =>
      until(`the relay to print ${pattern}`, () => pattern.exec(printed)?.[1], { detail: () => printed });
    return { pin: await announced(/pin:([\w-]{43})/u), address: await announced(/listening on (\S+)/u) };
  }

  /**
   * @param {string} program
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} environment
   * @param {'ignore' | 'pipe' | 'inherit'} stderr
   */
  start(program, args, environment, stderr) {
    // A group of its own, so that what it starts ends with it.
    const child = spawn(program, args, { env: environment, detached: true, stdio: ['ignore', 'ignore', stderr] });
    child.on('error', (error) => {
      throw new Error(`${program} does not start: ${error.message}`);
    });
    this.#children.add(child);
    return child;
  }

  /** @param {ChildProcess} child */
  end(child) {
    this.#children.delete(child);
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
    }
  }

  #end() {
    for (const child of this.#children) this.end(child);
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** System calls by which a program changes what is on a disk. */
const CHANGES_FILES = [
  ...['open', 'openat', 'openat2', 'creat', 'truncate', 'rename', 'renameat', 'renameat2', 'unlink', 'unlinkat'],
  ...['mkdir', 'mkdirat', 'rmdir', 'link', 'linkat', 'symlink', 'symlinkat', 'mknod', 'mknodat', 'chmod', 'fchmodat'],
  ...['chown', 'lchown', 'fchownat', 'utimensat'],
].join(',');

/**
 * @typedef {object} Start How the application is started.
 * @property {string} folder What belongs to the person.
 * @property {string} program
 * @property {string[]} args
 * @property {string} [runs] The program that runs in the end, if that is another one.
 * @property {NodeJS.ProcessEnv} [inherited] Variables that whoever starts it leaves to it.
 */

/** The application on one person's computer. */
export class App {
  #machine;
  /** @type {ChildProcess | null} */
  #driver = null;
  /** @type {Window | null} */
  #window = null;
  /** @type {Set<number>} */
  #before = new Set();

  /** @param {Machine} machine @param {string} name @param {Start} start */
  constructor(machine, name, start) {
    this.#machine = machine;
    this.name = name;
    this.start = start;
  }

  get folder() {
    return this.start.folder;
  }

  get isOpen() {
    return this.#window !== null;
  }

  /** Copies all that this person keeps, as a backup does. The window is closed. @returns {string} The copy. */
  copy() {
    const copy = this.#machine.folder(`${this.name}-copy`);
    cpSync(this.folder, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  }

  /** Puts a copy in the place of all that this person keeps. The window is closed. @param {string} copy */
  putBack(copy) {
    rmSync(this.folder, { recursive: true });
    cpSync(copy, this.folder, { recursive: true, preserveTimestamps: true });
  }

  /** @returns {Window} */
  get window() {
    if (this.#window === null) throw new Error(`${this.name}'s window is closed`);
    return this.#window;
  }

  /** Opens the window and waits for its first screen. */
  async open() {
    const runtime = this.#machine.folder(`${this.name}-runtime`);
    const environment = {
      ...process.env,
      ...this.start.inherited,
      HOME: this.#machine.folder(`${this.name}-home`),
      XDG_RUNTIME_DIR: runtime,
      TAURI_WEBVIEW_AUTOMATION: 'true',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    };
    const port = await freePort();
    this.#before = new Set(this.#processes());
    this.#driver = this.#machine.start('WebKitWebDriver', [`--port=${port}`], environment, 'inherit');
    await until(`the driver of ${this.name}'s window`, () => Session.isReady(port));
    const session = await Session.open(port, this.start.program, this.start.args);
    this.#window = new Window(this.name, session, this.pid());
    await until(
      `the first screen of ${this.name}'s window`,
      async () => (await this.window.isThere('[data-screen]')) && !(await this.window.isThere('.loading')),
    );
    return this.window;
  }

  /** Ends the process at once, as a power cut does. */
  async kill() {
    process.kill(this.pid(), 'SIGKILL');
    await this.#ended();
  }

  /** The processes behind the page. */
  pages() {
    // Its name is cut after fifteen characters, and a process that has ended waits as a zombie.
    const isPage = new RegExp(`\\(WebKitWebProces\\) [^Z] ${this.pid()} `, 'u');
    return listProcesses().filter((id) => isPage.test(statusOf(id)));
  }

  /** Ends them at once, as a system does that has no memory left. The driver's session ends with them. */
  killPages() {
    for (const id of this.pages()) process.kill(id, 'SIGKILL');
  }

  /**
   * The session of whoever sits there ends, as at a logout or a shutdown: systemd sends both signals at once.
   * @returns {number} The process that they went to.
   */
  endSession() {
    const id = this.pid();
    for (const signal of ['SIGTERM', 'SIGHUP']) process.kill(id, signal);
    return id;
  }

  /** Write-ahead logs with anything in them: they are emptied when their files are closed in order. */
  openLogs() {
    const files = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.db-wal'),
    );
    return files.filter((name) => statSync(join(this.folder, name)).size > 0);
  }

  /** Closes the window as its menu does, with the consequences confirmed. */
  async close() {
    await this.ends(() =>
      this.window.session.run(
        () =>
          void (
            /** @type {any} */ (window).__TAURI_INTERNALS__.invoke('close_window', { request: { confirmed: true } })
          ),
      ),
    );
  }

  /** Does what ends the process by itself, and waits for its end. @param {() => Promise<void>} act */
  async ends(act) {
    try {
      await act();
    } catch (error) {
      // The window may be gone before the driver can say that it was pressed. That it is gone is looked at below.
      if (!(error instanceof DriverError)) throw error;
    }
    await this.#ended();
  }

  /**
   * Does what has the application begin anew, in a process that no driver knows; when its window is there, it is ended.
   * @param {() => Promise<void>} act
   * @returns {Promise<string[]>} What was in the folder then.
   */
  async beginsAnew(act) {
    const old = this.pid();
    try {
      await act();
    } catch (error) {
      // As where the application ends.
      if (!(error instanceof DriverError)) throw error;
    }
    const anew = await until(`${this.name}'s application to begin anew`, () =>
      this.#processes().find((id) => id !== old && !this.#before.has(id) && hasWindow(id)),
    );
    const left = readdirSync(this.folder, { recursive: true, encoding: 'utf8' });
    process.kill(anew, 'SIGKILL');
    await this.#ended();
    return left;
  }

  /** Waits until the process is gone, and forgets its window. */
  async #ended() {
    await until(`${this.name}'s process to end`, () => this.#processes().every((id) => this.#before.has(id)));
    if (this.#driver !== null) this.#machine.end(this.#driver);
    this.#driver = null;
    this.#window = null;
  }

  pid() {
    const found = this.#processes().filter((id) => !this.#before.has(id));
    const [id] = found;
    if (id === undefined || found.length !== 1) {
      throw new Error(`${this.name} has ${found.length} processes instead of one`);
    }
    return id;
  }

  /** Processes of the application on this data folder, looked up by their arguments, or by their program. */
  #processes() {
    const { args, runs } = this.start;
    const wanted = args.map((arg) => `${arg}\0`).join('');
    return listProcesses().filter((id) =>
      runs === undefined ? commandLine(id).endsWith(wanted) : programOf(id) === runs,
    );
  }
}

function listProcesses() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .map(Number);
}

/** The name in brackets, the state, the parent (proc_pid_stat). @param {number} id */
function statusOf(id) {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8');
  } catch {
    // It ended between listing and reading.
    return '';
  }
}

/** @param {number} id */
function commandLine(id) {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8');
  } catch {
    // It ended between listing and reading.
    return '';
  }
}

/** @param {number} id */
function programOf(id) {
  try {
    return readlinkSync(`/proc/${id}/exe`);
  } catch {
    // It ended meanwhile, or is not ours to look at.
    return '';
  }
}

/** What the command that runs this says about the programs. @param {string} name */
export function setting(name) {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run this with \`cargo xtask e2e\` or \`cargo xtask bench\``);
  }
  return value;
}

/** @returns {Promise<number>} A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
