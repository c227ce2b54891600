import assert from "node:assert/strict";
import { test } from "node:test";
import { flushSync, mount, unmount } from "svelte";
import { derived, get } from "svelte/store";
import { shared, status } from "../../src/svelte.js";
import { stateKey } from "../../src/types.js";
import { FakeHost, liveLink } from "../host.js";
import Counter from "./Counter.svelte";

interface Values {
  readonly count: number;
  readonly rows: readonly { readonly name: string }[];
}
const Room = stateKey<Values>("Room");
const ROOM = '{"s":"Room","i":7,"r":0,"v":{"count":0,"rows":[{"name":"a"},{"name":"b"}]}}';
const patch = (revision: number, path: string, value: unknown): string =>
  `{"i":7,"r":${revision},"p":[{"op":"replace","path":"${path}","value":${JSON.stringify(value)}}]}`;

test("a subscriber hears the value at once, then each change, until it unsubscribes", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const heard: unknown[] = [];
  const unsubscribe = shared(link, Room, (room) => room.count).subscribe((n) => heard.push(n));
  assert.deepEqual(heard, [undefined]);
  await host.receive(ROOM);
  await host.receive(patch(1, "/count", 1), patch(2, "/rows/0/name", "x"), patch(3, "/count", 2));
  await host.receive(patch(4, "/rows/0/name", "y"));
  assert.deepEqual(heard, [undefined, 0, 2]);
  unsubscribe();
  await host.receive(patch(5, "/count", 3));
  assert.deepEqual(heard, [undefined, 0, 2]);
});

test("get and derived of svelte/store work", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const room = shared(link, Room);
  assert.equal(get(room), link.state(Room).value);
  const told: string[] = [];
  const unsubscribe = derived(
    [room, status(link)],
    ([room, status]) => `${status} ${room?.count}`,
  ).subscribe((text) => told.push(text));
  await host.receive(patch(1, "/count", 1));
  host.transport.events.closed(1006, "");
  await host.flush();
  assert.deepEqual(told, ["live 0", "live 1", "stale 1"]);
  unsubscribe();
});

test("in a component: it shows what changed once, calls, hears events, and ends with it", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const rendered: unknown[] = [];
  const heard: unknown[] = [];
  const target = document.createElement("div");
  document.body.append(target);
  const component = mount(Counter, {
    target,
    props: {
      link,
      rendered: (value: unknown) => (rendered.push(value), value),
      heard: (payload: unknown) => heard.push(payload),
    },
  });
  flushSync();
  assert.deepEqual(rendered.splice(0).sort(), [0, "a", "b"]);
  assert.equal(target.textContent?.replaceAll(/\s/g, ""), "0ablive");
  await host.receive(patch(1, "/count", 1), patch(2, "/count", 2), '{"emit":"saved","d":1}');
  flushSync();
  assert.deepEqual(rendered.splice(0), [2]);
  assert.deepEqual(heard, [1]);
  target.querySelector("button")?.click();
  assert.deepEqual(host.transport.takeSent(), ['{"e":1,"h":"Room.inc","a":{"by":1}}']);
  void unmount(component);
  await host.receive(patch(3, "/count", 3), '{"emit":"saved","d":2}');
  flushSync();
  assert.deepEqual(rendered, []);
  assert.deepEqual(heard, [1]);
});
