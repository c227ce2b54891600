import assert from "node:assert/strict";
import { test } from "node:test";
import { StatelinkError } from "../src/errors.js";
import { KeptVars } from "../src/kept.js";
import { Link } from "../src/link.js";
import type { Identity, Status } from "../src/session.js";
import { FakeHost, HELLO, HYDRATED, MemoryStorage, RESUMED, liveLink } from "./host.js";

const stored: Identity = { token: "tok-1", secret: "sec-1", boot: "boot-1", acked: 0 };
const OTHER =
  '{"hello":{"token":"tok-2","secret":"sec-2","boot":"boot-2","resumed":false,"last":0,"caps":[]}}';
const ROOM = '{"s":"Room","i":7,"r":0,"v":{"n":0}}';
const CART = '{"s":"Cart","i":8,"r":0,"v":{"n":0}}';
const patch = (instance: number, revision: number): string =>
  `{"i":${instance},"r":${revision},"p":[{"op":"replace","path":"/n","value":${revision}}]}`;

test("frames that arrive together are told once, when all states show them", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM, CART);
  const told: unknown[] = [];
  for (const state of ["Room", "Cart"]) {
    link
      .state(state)
      .subscribe(() =>
        told.push([state, link.state("Room").value?.["n"], link.state("Cart").value?.["n"]]),
      );
  }
  const flushes = host.flushes;
  await host.receive(patch(7, 1), patch(8, 1), patch(7, 2), patch(7, 3));
  assert.deepEqual(told, [
    ["Room", 3, 1],
    ["Cart", 3, 1],
  ]);
  assert.equal(host.flushes - flushes, 1);
});

test("a store shows nothing new before its listeners are told, and the same object in between", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const { getSnapshot } = link.state("Room");
  const before = getSnapshot();
  host.transport.events.message(patch(7, 1));
  assert.equal(getSnapshot(), before);
  await host.flush();
  assert.deepEqual(getSnapshot(), { n: 1 });
  assert.equal(getSnapshot(), getSnapshot());
});

test("a listener that calls an event handler", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const done: string[] = [];
  link.state("Room").subscribe(() => void link.call("Room.look").then(() => done.push("done")));
  await host.receive(patch(7, 1));
  assert.deepEqual(host.transport.takeSent(), ['{"e":1,"h":"Room.look"}']);
  await host.receive('{"a":1}');
  assert.deepEqual(done, ["done"]);
});

test("a call resolves when what it follows is shown and told", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const order: unknown[] = [];
  link.state("Room").subscribe((value) => order.push(value));
  void link.call("Room.set", { n: 1 }).then(() => order.push("resolved", link.state("Room").value));
  await host.receive(patch(7, 1), '{"a":1,"f":[[7,1]]}');
  assert.deepEqual(order, [{ n: 1 }, "resolved", { n: 1 }]);
});

test("a call rejects with code and message, and at once where its arguments cannot be sent", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const failed = assert.rejects(link.call("Room.set", { n: "x" }), (error: unknown) => {
    assert.ok(error instanceof StatelinkError);
    assert.deepEqual(
      [error.name, error.code, error.message],
      ["StatelinkError", "invalid_arguments", "n: not a number"],
    );
    return true;
  });
  await host.receive('{"x":1,"c":"invalid_arguments","m":"n: not a number"}');
  await failed;
  await assert.rejects(link.call("Room.set", [1]), TypeError);
});

test("status: each change is told once, with the values that belong to it", async () => {
  const host = new FakeHost();
  const link = new Link(host, "/");
  const seen: [Status, unknown][] = [];
  link.onStatus((status) => seen.push([status, link.state("Room").value?.["n"]]));
  assert.equal(link.status, "connecting");
  await host.flush();
  host.transport.events.opened();
  await host.receive(HELLO, ROOM, HYDRATED);
  await host.receive(patch(7, 5));
  await host.receive('{"s":"Room","i":7,"r":5,"v":{"n":5}}');
  host.transport.events.closed(1006, "");
  await host.flush();
  host.fire();
  host.transport.events.opened();
  await host.receive(RESUMED(0), patch(7, 6), HYDRATED);
  link.close();
  await host.flush();
  assert.deepEqual(seen, [
    ["live", 0],
    ["resyncing", 0],
    ["live", 5],
    ["stale", 5],
    ["live", 6],
    ["closed", 6],
  ]);
  assert.deepEqual(host.transport.closedWith, [1000, ""]);
  assert.equal(host.timer, undefined);
});

test("hydrated resolves when the states are there, and rejects where the link is closed before", async () => {
  const host = new FakeHost();
  const link = new Link(host, "/");
  let shown: unknown = "pending";
  void link.hydrated.then(() => (shown = link.state("Room").value));
  await host.flush();
  host.transport.events.opened();
  await host.receive(HELLO, ROOM);
  assert.equal(shown, "pending");
  await host.receive(HYDRATED);
  assert.deepEqual(shown, { n: 0 });
  link.close();
  await host.flush();
  await link.hydrated;

  const never = new Link(host, "/");
  never.close();
  const rejected = assert.rejects(never.hydrated, { code: "closed" });
  await host.flush();
  await rejected;
});

test("the identity is kept for a reload, with what is acked when the page is left", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  assert.equal(link.clientToken, "tok-1");
  assert.deepEqual(host.identity.load(), stored);
  assert.deepEqual([...host.claimed], ["tok-1"]);
  void link.call("S.h");
  await host.receive('{"a":1}');
  link.hide();
  assert.deepEqual(host.identity.load(), { ...stored, acked: 1 });
  assert.deepEqual([...host.claimed], [], "the next page of this tab can claim it");
  link.show();
  await host.flush();
  assert.deepEqual([...host.claimed], ["tok-1"]);
  link.close();
  await host.flush();
  assert.deepEqual([...host.claimed], []);
  assert.deepEqual(
    host.identity.load(),
    { ...stored, acked: 1 },
    "a later connect goes on with it",
  );
});

test("a stored identity is claimed before hello", async () => {
  const host = new FakeHost(stored);
  new Link(host, "/");
  assert.equal(host.transports.length, 0);
  await host.flush();
  host.transport.events.opened();
  assert.match(host.transport.takeSent().join(), /"resume":\{"token":"tok-1"/);
  assert.deepEqual([...host.claimed], ["tok-1"]);
});

test("a duplicated tab takes a fresh identity and is not told of a loss", async () => {
  const host = new FakeHost(stored);
  host.taken.add("tok-1");
  const link = new Link(host, "/");
  const told: string[] = [];
  link.onIdentity((token) => told.push(token));
  await host.flush();
  host.transport.events.opened();
  assert.deepEqual(host.transport.takeSent(), ['{"hello":{"path":"/","caps":["append"]}}']);
  await host.receive(OTHER, HYDRATED);
  assert.deepEqual(told, []);
  assert.equal(link.clientToken, "tok-2");
  assert.equal(host.identity.load()?.token, "tok-2");
  assert.deepEqual([...host.claimed], ["tok-2"]);
});

test("superseded: the stored identity goes at once, the new one is told, kept and claimed", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const told: string[] = [];
  link.onIdentity((token) => told.push(`${token} ${link.clientToken}`));
  host.transport.events.closed(4409, "");
  await host.flush();
  assert.equal(host.identity.load(), undefined);
  host.fire();
  host.transport.events.opened();
  await host.receive(OTHER, HYDRATED);
  assert.deepEqual(told, ["tok-2 tok-2"]);
  assert.equal(host.identity.load()?.token, "tok-2");
  assert.deepEqual([...host.claimed], ["tok-2"]);
});

test("closed before it was claimed: no socket is opened and nothing stays claimed", async () => {
  const host = new FakeHost(stored);
  const link = new Link(host, "/");
  link.close();
  await host.flush();
  await host.flush();
  assert.equal(host.transports.length, 0);
  assert.deepEqual([...host.claimed], []);
  assert.equal(link.status, "closed");
  assert.equal(host.identity.load()?.token, "tok-1");
});

test("the network is back: the wait ends", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  host.transport.events.closed(1006, "");
  assert.equal(host.transports.length, 1);
  link.hurry();
  assert.equal(host.transports.length, 2);
});

const STORAGE_HELLO =
  '{"hello":{"token":"tok-1","secret":"sec-1","boot":"boot-1","resumed":false,"last":0,"caps":["storage"],' +
  '"storage":[{"s":"Room","v":"name","in":"local","key":"Room.name"}]}}';

test("client-storage vars are told before anything else, and kept when all has come", async () => {
  const local = new MemoryStorage();
  local.setItem("Room.name", "red");
  const host = new FakeHost();
  const kept = new KeptVars({ local, session: null, cookies: null });
  const link = new Link(Object.assign(host, { kept }), "/");
  void link.call("Room.join");
  await host.flush();
  host.transport.events.opened();
  host.transport.takeSent();
  await host.receive(STORAGE_HELLO);
  assert.deepEqual(host.transport.takeSent(), [
    '{"stored":{"Room":{"name":"red"}}}',
    '{"e":1,"h":"Room.join"}',
  ]);
  await host.receive('{"s":"Room","i":1,"r":0,"v":{}}', '{"s":"Room","i":2,"r":0,"o":1,"v":{"name":""}}');
  assert.equal(local.getItem("Room.name"), "red"); // the default is not the last word
  await host.receive('{"i":2,"r":1,"p":[{"op":"replace","path":"/name","value":"blue"}]}', HYDRATED);
  assert.equal(local.getItem("Room.name"), "blue");
});

test("nothing is shown before the server has introduced everything, at first and after a restart", async () => {
  const host = new FakeHost();
  const link = new Link(host, "/");
  const seen: unknown[] = [];
  link.state("Room").subscribe((value) => seen.push(value));
  await host.flush();
  host.transport.events.opened();
  await host.receive(HELLO, '{"s":"Room","i":1,"r":0,"v":{"n":0}}');
  await host.receive('{"s":"Room","i":2,"r":5,"v":{"n":5}}');
  assert.deepEqual(seen, []);
  await host.receive(HYDRATED);
  assert.deepEqual(seen.splice(0), [{ n: 5 }]);

  host.transport.events.closed(1012, "");
  await host.flush();
  host.fire();
  host.transport.events.opened();
  await host.receive(HELLO.replace("boot-1", "boot-2"), '{"s":"Room","i":1,"r":0,"v":{"n":0}}');
  assert.deepEqual(link.state("Room").value, { n: 5 });
  await host.receive('{"s":"Room","i":3,"r":9,"v":{"n":9}}', HYDRATED);
  assert.deepEqual(seen, [{ n: 9 }]);
});

test("a navigation resolves when the server has followed, after its values", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, '{"s":"Room","i":1,"r":0,"v":{"n":0}}');
  const arrived: unknown[] = [];
  void link.navigate("/room/a").then(() => arrived.push("a"));
  void link.navigate("/room/b").then(() => arrived.push(link.state("Room").value));
  assert.deepEqual(host.transport.takeSent(), ['{"page":"/room/a"}', '{"page":"/room/b"}']);
  await host.receive(HYDRATED);
  assert.deepEqual(arrived, []);
  await host.receive('{"s":"Room","i":2,"r":1,"v":{"n":1}}', HYDRATED);
  assert.deepEqual(arrived, ["a", { n: 1 }]);
});

test("a navigation while the connection is lost is said by the next hello", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  host.transport.events.closed(1006, "");
  let arrived = false;
  void link.navigate("/room/b").then(() => (arrived = true));
  await host.flush();
  host.fire();
  host.transport.events.opened();
  assert.match(host.transport.takeSent()[0] ?? "", /"path":"\/room\/b"/);
  await host.receive(RESUMED(0), HYDRATED);
  assert.ok(arrived);
  link.close();
  const refused = assert.rejects(link.navigate("/"), { code: "closed" });
  await host.flush();
  await refused;
});

test("emitted events reach their listeners after the values that came before them", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, '{"s":"Room","i":1,"r":0,"v":{"n":0}}');
  const heard: unknown[] = [];
  const stop = link.on("saved", (payload) => heard.push([payload, link.state("Room").value]));
  await host.receive(
    '{"i":1,"r":1,"p":[{"op":"replace","path":"/n","value":1}]}',
    '{"emit":"saved","d":{"by":"Ada"}}',
    '{"emit":"other","d":null}',
  );
  assert.deepEqual(heard, [[{ by: "Ada" }, { n: 1 }]]);
  stop();
  await host.receive('{"emit":"saved","d":1}');
  assert.equal(heard.length, 1);
});

test("redirects are the browser's, or the page's where it listens", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const there = { redirect: "/room/a", external: false, replace: true };
  await host.receive(JSON.stringify(there));
  assert.deepEqual(host.redirects, [there]);
  const heard: unknown[] = [];
  link.onRedirect((to) => heard.push(to));
  await host.receive(JSON.stringify(there));
  assert.equal(host.redirects.length, 1);
  assert.deepEqual(heard, [there]);
});

test("an error of no call reaches the page, else the console", async (t) => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const logged = t.mock.method(console, "error", () => {});
  const error = '{"x":0,"c":"handler_error","m":"Room.load: no"}';
  await host.receive(error);
  assert.equal(logged.mock.callCount(), 1);
  const heard: string[] = [];
  link.onError(({ code, message }) => heard.push(code, message));
  await host.receive(error);
  assert.deepEqual(heard, ["handler_error", "Room.load: no"]);
  assert.equal(logged.mock.callCount(), 1);
});
