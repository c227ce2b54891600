import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createApp, effectScope, h, nextTick, type Component } from "vue";
import type { Link } from "../../src/link.js";
import { stateKey } from "../../src/types.js";
import { createStatelink, useEvent, useLink, useShared, useStatus } from "../../src/vue.js";
import { FakeHost, HYDRATED, RESUMED, liveLink } from "../host.js";

interface Values {
  readonly count: number;
  readonly rows: readonly { readonly name: string }[];
}
const Room = stateKey<Values>("Room");
const ROOM = '{"s":"Room","i":7,"r":0,"v":{"count":0,"rows":[{"name":"a"},{"name":"b"}]}}';
const patch = (revision: number, path: string, value: unknown): string =>
  `{"i":7,"r":${revision},"p":[{"op":"replace","path":"${path}","value":${JSON.stringify(value)}}]}`;

async function receive(host: FakeHost, ...frames: readonly string[]): Promise<void> {
  await host.receive(...frames);
  await nextTick();
}

/** Shows `component` until the test ends, or `unmount`. */
function mount(t: TestContext, link: Link, component: Component) {
  const app = createApp(component).use(createStatelink(link));
  const element = document.createElement("div");
  app.mount(element);
  let mounted = true;
  const unmount = (): void => {
    if (mounted) app.unmount();
    mounted = false;
  };
  t.after(unmount);
  return { element, unmount };
}

test("useShared: a component renders once for what arrives together, and not for what it does not show", async (t) => {
  const host = new FakeHost();
  const link = await liveLink(host);
  let renders = 0;
  const { element } = mount(t, link, {
    setup() {
      const count = useShared(Room, (room) => room.count);
      return () => {
        renders++;
        return h("p", String(count.value));
      };
    },
  });
  assert.equal(element.textContent, "undefined");
  await receive(host, ROOM);
  assert.equal(element.textContent, "0");
  await receive(host, patch(1, "/count", 1), patch(2, "/rows/0/name", "x"), patch(3, "/count", 2));
  assert.equal(element.textContent, "2");
  assert.equal(renders, 3);
  await receive(host, patch(4, "/rows/0/name", "y"));
  assert.equal(renders, 3);
});

test("useShared: without a selector the store's own value, not made reactive", async (t) => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const { element } = mount(t, link, {
    setup() {
      const room = useShared(Room);
      assert.equal(room.value, link.state(Room).value);
      return { room };
    },
    // As in a template, where refs are unwrapped.
    render: ({ room }: { readonly room: Values | undefined }) =>
      h("p", room?.rows.map(({ name }) => name).join()),
  });
  await receive(host, patch(1, "/rows/1/name", "c"));
  assert.equal(element.textContent, "a,c");
});

test("useStatus, useLink", async (t) => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const { element } = mount(t, link, {
    setup() {
      const link = useLink();
      const status = useStatus();
      const click = (): void => void link.call("Room.inc", { by: 1 });
      return () => h("button", { onClick: click }, status.value);
    },
  });
  element.querySelector("button")?.click();
  assert.deepEqual(host.transport.takeSent(), ['{"e":1,"h":"Room.inc","a":{"by":1}}']);
  host.transport.events.closed(1006, "");
  await host.flush();
  await nextTick();
  assert.equal(element.textContent, "stale");
  host.fire();
  host.transport.events.opened();
  await receive(host, RESUMED(1), HYDRATED);
  assert.equal(element.textContent, "live");
});

test("useEvent; when the component is gone, nothing of it listens", async (t) => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const heard: unknown[] = [];
  let selected = 0;
  const { unmount } = mount(t, link, {
    setup() {
      useEvent("saved", (payload) => heard.push(payload));
      useShared(Room, () => ++selected);
      return () => h("p");
    },
  });
  await receive(host, '{"emit":"saved","d":{"rows":3}}', patch(1, "/count", 1));
  assert.deepEqual(heard, [{ rows: 3 }]);
  assert.equal(selected, 2);
  unmount();
  await receive(host, '{"emit":"saved","d":null}', patch(2, "/count", 2));
  assert.equal(heard.length, 1);
  assert.equal(selected, 2);
});

test("an effect scope of the app ends what it began", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const app = createApp({}).use(createStatelink(link));
  const scope = effectScope();
  const count = app.runWithContext(() => scope.run(() => useShared(Room, (room) => room.count)));
  await receive(host, patch(1, "/count", 1));
  assert.equal(count?.value, 1);
  scope.stop();
  await receive(host, patch(2, "/count", 2));
  assert.equal(count?.value, 1);
});

test("without the plugin a composable says what to write", (t) => {
  t.mock.method(console, "warn", () => {});
  const app = createApp({});
  assert.throws(() => app.runWithContext(() => useShared("Room")), /app\.use\(createStatelink\(/);
});
