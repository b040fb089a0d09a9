// The W3C WebDriver protocol, as much of it as these tests need, spoken to one WebKitWebDriver.

/** How a reference to an element is named in JSON (W3C WebDriver, section 12). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** What the driver answered to a command that it could not do; `code` is the protocol's error code. */
export class DriverError extends Error {
  /** @param {string} command @param {string} code @param {string} message */
  constructor(command, code, message) {
    super(`${command}: ${code}: ${message}`);
    this.code = code;
  }
}

/** One session: one driver drives one application. */
export class Session {
  #base;
  #hasMouse = true;

  /** @param {string} base The address of the session. */
  constructor(base) {
    this.#base = base;
  }

  /**
   * Starts the application through a driver that is already listening.
   * @param {number} port Of the driver.
   * @param {string} binary
   * @param {string[]} args
   */
  static async open(port, binary, args) {
    const driver = `http://127.0.0.1:${port}`;
    const capabilities = {
      alwaysMatch: { 'webkitgtk:browserOptions': { binary, args }, timeouts: { script: 60_000 } },
    };
    const { sessionId } = await send('POST', `${driver}/session`, { capabilities });
    return new Session(`${driver}/session/${sessionId}`);
  }

  /** Whether a driver listens there and is free. @param {number} port */
  static async isReady(port) {
    try {
      return (await send('GET', `http://127.0.0.1:${port}/status`)).ready === true;
    } catch {
      return false;
    }
  }

  /**
   * Runs a function in the page. It must not refer to anything outside of itself.
   * @template {unknown[]} Args
   * @template Result
   * @param {(...args: Args) => Result} run
   * @param {Args} args Only what JSON can carry.
   * @returns {Promise<Awaited<Result>>}
   */
  run(run, ...args) {
    const script = `const answer = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${run})(...[...arguments].slice(0, -1)))
        .then((value) => answer({ value }), (error) => answer({ error: String(error) }));`;
    return this.#post('/execute/async', { script, args }).then((outcome) => {
      if (outcome !== null && 'error' in outcome) throw new Error(`in the page: ${outcome.error}`);
      return outcome?.value;
    });
  }

  /** Runs a script as it is, without an answer. @param {string} script */
  async inject(script) {
    await this.#post('/execute/sync', { script, args: [] });
  }

  /** @param {string} selector @returns {Promise<string>} */
  async find(selector) {
    return (await this.#post('/element', { using: 'css selector', value: selector }))[ELEMENT];
  }

  /** From now on nothing is pressed here but keys, wherever the focus is. */
  takeMouse() {
    this.#hasMouse = false;
  }

  /** For what goes to an element that nobody walked to. */
  needMouse() {
    if (!this.#hasMouse) throw new Error('there is no mouse here: keys have to lead to it');
  }

  /** @param {string} element */
  async click(element) {
    this.needMouse();
    await this.#post(`/element/${element}/click`, {});
  }

  /** @param {string} element @param {string} text */
  async type(element, text) {
    this.needMouse();
    await this.#post(`/element/${element}/value`, { text });
  }

  /**
   * Strikes keys, wherever the focus is; what is down stays down until it is let go.
   * @param {object[]} strokes Key actions (W3C WebDriver, section 17.4.2).
   */
  async strike(strokes) {
    await this.#post('/actions', { actions: [{ type: 'key', id: 'keyboard', actions: strokes }] });
  }

  /** @param {number} width @param {number} height */
  async resize(width, height) {
    await this.#post('/window/rect', { width, height });
  }

  /** Moves the window on the screen. @param {{ x: number, y: number, width: number, height: number }} rect */
  async place(rect) {
    await this.#post('/window/rect', rect);
  }

  /** @returns {Promise<Buffer>} The page as PNG. */
  async picture() {
    // WebKitGTK takes the picture when it next draws, and a page that stands still never draws: one pixel must move.
    await this.run(() => {
      const pixel = document.createElement('div');
      pixel.id = 'restless';
      Object.assign(pixel.style, { position: 'fixed', right: '0', bottom: '0', width: '1px', height: '1px' });
      document.documentElement.append(pixel);
      const timer = setInterval(() => {
        if (!pixel.isConnected) clearInterval(timer);
        pixel.style.opacity = pixel.style.opacity === '0.1' ? '0.2' : '0.1';
        pixel.style.background = 'gray';
      }, 20);
    });
    const picture = Buffer.from(await send('GET', `${this.#base}/screenshot`), 'base64');
    await this.run(() => document.getElementById('restless')?.remove());
    return picture;
  }

  /** @param {string} path @param {unknown} body */
  #post(path, body) {
    return send('POST', this.#base + path, body);
  }
}

/** Every answer has a bound: a driver that hangs must not hang the run. */
const ANSWER_MS = 70_000;

/**
 * @param {string} method
 * @param {string} address
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function send(method, address, body) {
  const response = await fetch(address, {
    method,
    signal: AbortSignal.timeout(ANSWER_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { value } = /** @type {{ value: any }} */ (await response.json());
  if (!response.ok) {
    throw new DriverError(new URL(address).pathname.replace(/^\/session\/[^/]+/u, ''), value?.error, value?.message);
  }
  return value;
}
