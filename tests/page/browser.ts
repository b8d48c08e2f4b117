/**
 * A headless Chromium and its windows, driven by the Chrome DevTools protocol over a WebSocket.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/
 * @module
 */

import { assert } from "@std/assert";
import { join } from "node:path";
import { testUnless } from "../kit/test_unless.ts";
import { waitFor } from "../kit/wait_for.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** Nothing that asks the network, or a person. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Parameters;
  readonly result?: Parameters;
  readonly error?: { readonly message: string };
}

// deno-lint-ignore no-explicit-any -- as many types as the protocol has methods
type Parameters = Record<string, any>;

/** How a window looks. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly mobile?: boolean;
}

/** The name of a Chromium that is installed; undefined: none is. */
async function findProgram(): Promise<string | undefined> {
  for (const name of PROGRAMS) {
    const command = new Deno.Command(name, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    });
    if (await command.output().then(({ success }) => success, () => false)) return name;
  }
  return undefined;
}

const program = await findProgram();

const OBSTACLE = program === undefined
  ? "no Chromium to test the page with; apt-get install chromium"
  : undefined;

/** The browser of this file, started before its first test and ended after its last. */
let shared: (() => Chromium) | undefined;

function useChromium(): () => Chromium {
  let chromium: Chromium | undefined;
  Deno.test.beforeAll(async () => void (chromium = await Chromium.start()));
  Deno.test.afterAll(() => chromium?.[Symbol.asyncDispose]());
  return () => {
    assert(chromium !== undefined, "no Chromium");
    return chromium;
  };
}

/** Registers a test that needs a browser. */
export function browserTest(name: string, test: (browser: Browser) => Promise<void>): void {
  if (OBSTACLE === undefined) shared ??= useChromium();
  testUnless(OBSTACLE, name, async () => {
    assert(shared !== undefined);
    await using browser = await Browser.open(shared());
    await test(browser);
  });
}

/** A browser without a window. */
export class Chromium implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  /** Where it is spoken to. */
  readonly address: string;

  /** Starts it, with a profile of its own. */
  static async start(): Promise<Chromium> {
    assert(program !== undefined, "no Chromium");
    const profile = await Deno.makeTempDir();
    const child = new Deno.Command(program, {
      args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const file = join(profile, "DevToolsActivePort");
    const [, port, path] = await waitFor(
      async () => /^(\d+)\n(\/\S+)/.exec(await Deno.readTextFile(file).catch(() => "")),
      "Chromium",
    );
    return new Chromium(child, { profile, address: `ws://127.0.0.1:${port}${path}` });
  }

  private constructor(
    child: Deno.ChildProcess,
    { profile, address }: { profile: string; address: string },
  ) {
    this.#child = child;
    this.#profile = profile;
    this.address = address;
  }

  /** Ends it, and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    // At a signal it would leave a directory.
    const socket = new WebSocket(this.address);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Browser.close" }));
    await closed;
    await this.#child.status;
    const remove = () => Deno.remove(this.#profile, { recursive: true }).then(() => true);
    await waitFor(() => remove().catch(() => false), "the profile to be removed");
  }
}

/** A window, which shares nothing with others: neither storage nor cache. */
export class Browser implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #calls = new Map<number, PromiseWithResolvers<Parameters>>();
  #context = "";
  #session = "";
  #lastId = 0;
  /** What went wrong in the page: exceptions, refusals by its policy, failed requests. */
  readonly problems: string[] = [];

  /** Opens it. */
  static async open({ address }: Chromium): Promise<Browser> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const browser = new Browser(socket);
    await browser.#open();
    return browser;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  async #open(): Promise<void> {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    this.#context = browserContextId;
    const { targetId } = await this.send("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = sessionId;
    for (const domain of ["Page", "Runtime", "Log"]) await this.send(`${domain}.enable`);
  }

  /** Calls a method of the protocol. */
  send(method: string, params: Parameters = {}): Promise<Parameters> {
    const id = ++this.#lastId;
    const call = Promise.withResolvers<Parameters>();
    this.#calls.set(id, call);
    const session = this.#session === "" ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return call.promise;
  }

  #receive({ id, method, params = {}, result = {}, error }: Message): void {
    if (id !== undefined) {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      return error ? call?.reject(new Error(error.message)) : call?.resolve(result);
    }
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = params["exceptionDetails"];
      this.problems.push(`${text} ${exception?.description ?? ""}`);
    } else if (method === "Log.entryAdded" && params["entry"].level === "error") {
      this.problems.push(`${params["entry"].text} ${params["entry"].url ?? ""}`);
    }
  }

  /** Sets size and colours. */
  async look({ width, height, scheme, mobile = false }: Look): Promise<void> {
    const metrics = { width, height, mobile, deviceScaleFactor: 1 };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** Opens an address. */
  async open(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
  }

  /** The value of an expression in the page, in JSON. */
  async evaluate<Value = unknown>(expression: string): Promise<Value> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result?.["value"];
  }

  /** The text of what a selector finds; "" when none is shown. */
  text(selector: string): Promise<string> {
    return this.evaluate(
      `[document.querySelector(${JSON.stringify(selector)})].map((found) =>
        found?.checkVisibility() ? found.innerText : "")[0]`,
    );
  }

  /** Waits until an element has a text in it. */
  async waitForText(selector: string, text: string): Promise<void> {
    let found = "";
    await waitFor(async () => {
      found = await this.text(selector).catch(() => "");
      return found.includes(text);
    }, `${selector} to say "${text}"`).catch((error) => {
      throw new Error(`${error.message}; it says: ${found}\n${this.problems.join("\n")}`);
    });
  }

  /** Types a text into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  /** Presses a key. */
  async press(key: "Tab" | "Enter"): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const event = {
      key,
      code: key,
      windowsVirtualKeyCode: code,
      ...(key === "Enter" ? { text: "\r" } : {}),
    };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
  }

  /** A picture of the page, as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: false,
      optimizeForSpeed: false,
    });
    return Uint8Array.fromBase64(data);
  }

  /** Closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#session = "";
    await this.send("Target.disposeBrowserContext", { browserContextId: this.#context });
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }
}
