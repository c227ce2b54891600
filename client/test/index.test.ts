import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { StatelinkError, connect } from "../src/index.js";
import { MemoryStorage } from "./host.js";

declare const PACKAGE_FOLDER: string;

/** A page: its address, its sockets and its events. */
class Page extends EventTarget {
  readonly sockets: {
    readonly url: string;
    readonly sent: string[];
    readonly target: EventTarget;
  }[] = [];
  readonly storage = new MemoryStorage();

  constructor(t: TestContext, address: string) {
    super();
    const page = this;
    const { pathname, search, href, hostname } = new URL(address);
    const globals = {
      location: { pathname, search, href, hostname },
      sessionStorage: this.storage,
      addEventListener: this.addEventListener.bind(this),
      WebSocket: class extends EventTarget {
        readonly sent: string[] = [];
        constructor(readonly url: string) {
          super();
          page.sockets.push({ url, sent: this.sent, target: this });
        }
        send(text: string): void {
          this.sent.push(text);
        }
        close(): void {}
      },
    };
    for (const [name, value] of Object.entries(globals)) {
      const before = Object.getOwnPropertyDescriptor(globalThis, name);
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
      t.after(() => {
        if (before) Object.defineProperty(globalThis, name, before);
        else delete (globalThis as Record<string, unknown>)[name];
      });
    }
  }

  async socket(
    n: number,
  ): Promise<{ readonly url: string; readonly sent: string[]; readonly target: EventTarget }> {
    while (!this.sockets[n]) await new Promise((resolve) => setImmediate(resolve));
    return this.sockets[n];
  }
}

const HELLO =
  '{"hello":{"token":"tok-1","secret":"sec-1","boot":"boot-1","resumed":false,"last":0,"caps":["append"]}}';

function receive(target: EventTarget, ...frames: readonly string[]): void {
  for (const data of frames) target.dispatchEvent(Object.assign(new Event("message"), { data }));
}

test("connect: the page's path, a state, a call", async (t) => {
  const page = new Page(t, "https://app.test/room/a?b=1");
  const link = connect({ url: "/_statelink/ws" });
  const { url, sent, target } = await page.socket(0);
  assert.equal(url, "wss://app.test/_statelink/ws");
  target.dispatchEvent(new Event("open"));
  assert.deepEqual(sent.splice(0), [
    '{"hello":{"path":"/room/a?b=1","caps":["append","storage"]}}',
  ]);
  receive(target, HELLO, '{"s":"Counter","i":1,"r":0,"v":{"count":0}}', '{"hydrated":true}');
  await link.hydrated;
  const counter = link.state<{ count: number }>("Counter");
  assert.equal(counter.value?.count, 0);
  const called = link.call("Counter.set_count", { count: 5 });
  assert.deepEqual(sent.splice(0), ['{"e":1,"h":"Counter.set_count","a":{"count":5}}']);
  receive(
    target,
    '{"i":1,"r":1,"p":[{"op":"replace","path":"/count","value":5}]}',
    '{"a":1,"f":[[1,1]]}',
  );
  await called;
  assert.equal(counter.value?.count, 5);

  page.dispatchEvent(new Event("pagehide"));
  assert.match(page.storage.getItem("statelink wss://app.test/_statelink/ws") ?? "", /"acked":1/);
  link.close();
  await assert.rejects(
    link.call("Counter.set_count", { count: 6 }),
    (error) => error instanceof StatelinkError && error.code === "closed",
  );
  page.storage.items.clear();
  page.dispatchEvent(new Event("pagehide"));
  assert.equal(page.storage.items.size, 0, "a closed link watches the page no more");
});

test("connect: given urls become sockets' urls", async (t) => {
  const page = new Page(t, "http://app.test/x");
  for (const [given, expected] of [
    ["ws://other.test/a/ws", "ws://other.test/a/ws"],
    ["https://other.test/ws#part", "wss://other.test/ws"],
    ["socket", "ws://app.test/socket"],
    [undefined, "ws://app.test/_statelink/ws"], // This file is of a bundle, from anywhere.
  ] as const) {
    const n = page.sockets.length;
    const link = connect({ ...(given && { url: given }), path: "/", storage: null });
    assert.equal((await page.socket(n)).url, expected);
    link.close();
  }
  assert.throws(() => connect({ url: "http://" }), TypeError);
});

test("connect: the bundle that a server serves finds it beside itself, also below a path", async (t) => {
  const page = new Page(t, "https://app.test/shop/room/a");
  const bundle = readFileSync(PACKAGE_FOLDER + "dist/client.js", "utf8");
  for (const [from, expected] of [
    ["https://app.test/_statelink/client.js", "wss://app.test/_statelink/ws"],
    ["https://app.test/shop/_statelink/client.js?v=2", "wss://app.test/shop/_statelink/ws"],
    ["http://states.test:8000/a/b/_statelink/client.js", "ws://states.test:8000/a/b/_statelink/ws"],
  ] as const) {
    const served = bundle.replaceAll("import.meta.url", JSON.stringify(from));
    const n = page.sockets.length;
    const module = (await import("data:text/javascript," + encodeURIComponent(served))) as {
      readonly connect: typeof connect;
    };
    const link = module.connect({ storage: null });
    assert.equal((await page.socket(n)).url, expected);
    link.close();
    const other = module.connect({ url: "/other/ws", storage: null });
    assert.equal((await page.socket(n + 1)).url, "wss://app.test/other/ws");
    other.close();
  }
});

test("connect: without a page there is no server to be meant, and nothing that keeps a process alive", async () => {
  const link = connect();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(link.status, "connecting");
  assert.equal(link.state("Room").value, undefined);
  void link.call("Room.inc");
});

test("connect: values are frozen on localhost, or where asked", async (t) => {
  for (const [address, options, frozen] of [
    ["http://localhost:8000/", {}, true],
    ["http://127.0.0.1/", {}, true],
    ["http://127.0.0.1/", { freeze: false }, false],
    ["https://localhost.app.test/", {}, false],
    ["https://app.test/", { freeze: true }, true],
  ] as const) {
    const page = new Page(t, address);
    const link = connect(options);
    const { target } = await page.socket(0);
    target.dispatchEvent(new Event("open"));
    receive(target, HELLO, '{"s":"Room","i":1,"r":0,"v":{"rows":[{"n":1}]}}', '{"hydrated":true}');
    await link.hydrated;
    const { value } = link.state<{ rows: { n: number }[] }>("Room");
    assert.equal(Object.isFrozen(value?.rows[0]), frozen, address);
    if (frozen) assert.throws(() => value?.rows.push({ n: 2 }), TypeError);
    link.close();
  }
});

test("connect: back online, the wait for the next try ends", async (t) => {
  const page = new Page(t, "http://app.test/");
  const link = connect({ url: "/ws", storage: null });
  const { target } = await page.socket(0);
  target.dispatchEvent(
    Object.assign(new Event("close"), { code: 1012, reason: "retry_ms=100000" }),
  );
  page.dispatchEvent(new Event("online"));
  await page.socket(1);
  link.close();
});
