import assert from "node:assert/strict";
import { test } from "node:test";
import { StatelinkError } from "../src/errors.js";
import { Link } from "../src/link.js";
import type { Identity, Status } from "../src/session.js";
import { FakeHost, HELLO, HYDRATED, RESUMED, liveLink } from "./host.js";

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
