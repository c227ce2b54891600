import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { act, cleanup, render, renderHook } from "@testing-library/react";
import {
  StrictMode,
  createElement as h,
  memo,
  startTransition,
  useState,
  type ReactElement,
  type ReactNode,
} from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import type { Link } from "../../src/link.js";
import { StatelinkProvider, useEvent, useLink, useShared, useStatus } from "../../src/react.js";
import { stateKey } from "../../src/types.js";
import { FakeHost, HYDRATED, RESUMED, liveLink } from "../host.js";

interface Values {
  readonly count: number;
  readonly rows: readonly { readonly name: string }[];
}
const Room = stateKey<Values>("Room");
const ROOM = '{"s":"Room","i":7,"r":0,"v":{"count":0,"rows":[{"name":"a"},{"name":"b"}]}}';
const CART = '{"s":"Cart","i":8,"r":0,"v":{"n":0}}';
const count = (revision: number, value = revision): string =>
  `{"i":7,"r":${revision},"p":[{"op":"replace","path":"/count","value":${value}}]}`;
const rename = (revision: number, row: number, name: string): string =>
  `{"i":7,"r":${revision},"p":[{"op":"replace","path":"/rows/${row}/name","value":"${name}"}]}`;

/** Receives frames that arrive together. */
const receive = (host: FakeHost, ...frames: readonly string[]): Promise<void> =>
  act(() => host.receive(...frames));

const below = (link: Link) =>
  function Below({ children }: { readonly children: ReactNode }): ReactElement {
    return h(StatelinkProvider, { link }, children);
  };

afterEach(cleanup);

test("useShared: a component renders once for what arrives together, and not for what it does not show", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM, CART);
  const seen: (number | undefined)[] = [];
  renderHook(() => seen.push(useShared(Room, (room) => room.count)), { wrapper: below(link) });
  assert.deepEqual(seen.splice(0), [0]);
  await receive(host, count(1), count(2), rename(3, 0, "x"));
  assert.deepEqual(seen.splice(0), [2]);
  await receive(
    host,
    rename(4, 0, "y"),
    '{"i":8,"r":1,"p":[{"op":"replace","path":"/n","value":1}]}',
  );
  await receive(host, count(5, 2));
  assert.deepEqual(seen, []);
});

test("useShared: without a selector all values, undefined before they are there", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const { result } = renderHook(() => useShared(Room), { wrapper: below(link) });
  const shown = (): Values | undefined => result.current;
  assert.equal(shown(), undefined);
  await receive(host, ROOM);
  assert.equal(shown()?.count, 0);
  assert.equal(shown(), link.state(Room).value);
});

test("useShared: of several states that change together, a component renders once", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM, CART);
  let renders = 0;
  const { result } = renderHook(
    () => {
      renders++;
      return [useShared(Room, (room) => room.count), useShared("Cart")?.["n"]];
    },
    { wrapper: below(link) },
  );
  await receive(host, count(1), '{"i":8,"r":1,"p":[{"op":"replace","path":"/n","value":1}]}');
  assert.deepEqual(result.current, [1, 1]);
  assert.equal(renders, 2);
});

test("useShared: an inline selector may make objects and arrays; the same entries are the same object", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  let renders = 0;
  const { result, rerender } = renderHook(
    () => {
      renders++;
      return useShared(Room, (room) => room.rows.filter(({ name }) => name !== "b"));
    },
    { wrapper: below(link) },
  );
  const first = result.current;
  assert.deepEqual(first, [{ name: "a" }]);
  await receive(host, count(1), rename(2, 1, "b"));
  assert.equal(renders, 1);
  rerender();
  assert.equal(result.current, first);
  await receive(host, rename(3, 0, "x"));
  assert.equal(renders, 3);
  assert.deepEqual(result.current, [{ name: "x" }]);
});

test("useShared: a selector may use props, a state's name may change", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM, '{"s":"Other","i":9,"r":0,"v":{"rows":[{"name":"o"}]}}');
  const { result, rerender } = renderHook(
    ({ state, n }) => useShared(stateKey<Values>(state), (values) => values.rows[n]?.name),
    { wrapper: below(link), initialProps: { state: "Room", n: 0 } },
  );
  assert.equal(result.current, "a");
  rerender({ state: "Room", n: 1 });
  assert.equal(result.current, "b");
  rerender({ state: "Other", n: 0 });
  assert.equal(result.current, "o");
  await receive(host, rename(1, 0, "x"));
  assert.equal(result.current, "o");
});

test("only the rows that changed render again, each once", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const rendered: string[] = [];
  const Row = memo(function Row({ row }: { readonly row: { readonly name: string } }) {
    rendered.push(row.name);
    return h("li", null, row.name);
  });
  function List(): ReactElement {
    const rows = useShared(Room, (room) => room.rows);
    return h(
      "ul",
      null,
      rows?.map((row, n) => h(Row, { key: n, row })),
    );
  }
  const { container } = render(h(List), { wrapper: below(link) });
  assert.deepEqual(rendered.splice(0), ["a", "b"]);
  await receive(host, rename(1, 1, "c"), count(2));
  assert.deepEqual(rendered.splice(0), ["c"]);
  assert.equal(container.textContent, "ac");

  host.transport.events.closed(1006, "");
  host.fire();
  host.transport.events.opened();
  await receive(host, RESUMED(0), ROOM.replace('"r":0', '"r":9').replace('"b"', '"d"'), HYDRATED);
  assert.deepEqual(rendered, ["d"], "a snapshot after a reconnect, too, renders what differs only");
});

test("a selector that a parent is about to make obsolete may throw", async (t) => {
  const reported = t.mock.method(console, "error", () => {});
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const Name = ({ n }: { readonly n: number }): ReactElement =>
    h(
      "li",
      null,
      useShared(Room, (room) => room.rows[n]!.name),
    );
  const List = (): ReactElement =>
    h(
      "ul",
      null,
      ...(useShared(Room, (room) => room.rows) ?? []).map((_, n) => h(Name, { key: n, n })),
    );
  const { container } = render(h(List), { wrapper: below(link) });
  await receive(host, '{"i":7,"r":1,"p":[{"op":"remove","path":"/rows/1"}]}');
  assert.equal(container.textContent, "a");
  assert.equal(reported.mock.callCount(), 0);
});

test("in StrictMode: values, events once each, and nothing that listens after the end", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const heard: unknown[] = [];
  const { result, unmount } = renderHook(
    () => {
      useEvent("saved", (payload) => heard.push(payload));
      return [useShared(Room, (room) => ({ n: room.count })), useStatus()] as const;
    },
    { wrapper: ({ children }) => h(StrictMode, null, h(StatelinkProvider, { link }, children)) },
  );
  await receive(host, count(1), '{"emit":"saved","d":{"rows":3}}');
  assert.deepEqual(result.current, [{ n: 1 }, "live"]);
  assert.deepEqual(heard, [{ rows: 3 }]);
  unmount();
  await receive(host, count(2), '{"emit":"saved","d":null}');
  assert.deepEqual(result.current[0], { n: 1 });
  assert.equal(heard.length, 1);
});

test("useEvent: the newest listener is called, and of the name that is wanted now", async () => {
  const host = new FakeHost();
  const link = await liveLink(host);
  const heard: unknown[] = [];
  const { rerender } = renderHook(
    ({ name, tag }) => useEvent<number>(name, (payload) => heard.push([tag, payload])),
    { wrapper: below(link), initialProps: { name: "a", tag: 1 } },
  );
  rerender({ name: "a", tag: 2 });
  await receive(host, '{"emit":"a","d":10}', '{"emit":"b","d":11}');
  rerender({ name: "b", tag: 3 });
  await receive(host, '{"emit":"a","d":12}', '{"emit":"b","d":13}');
  assert.deepEqual(heard, [
    [2, 10],
    [3, 13],
  ]);
});

test("useStatus: renders at each change of the status only", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const seen: string[] = [];
  renderHook(() => seen.push(useStatus()), { wrapper: below(link) });
  await receive(host, count(1));
  await act(async () => {
    host.transport.events.closed(1006, "");
    await host.flush();
  });
  host.fire();
  host.transport.events.opened();
  await receive(host, RESUMED(0), HYDRATED);
  assert.deepEqual(seen, ["live", "stale", "live"]);
});

test("useLink: calls; the status and values of another link when the provider has another", async () => {
  const hosts = [new FakeHost(), new FakeHost()] as const;
  const links = [await liveLink(hosts[0], ROOM), await liveLink(hosts[1])] as const;
  let shown: Link | undefined;
  function Button(): ReactElement {
    const link = (shown = useLink());
    const value = useShared(Room, (room) => room.count);
    return h("button", { onClick: () => void link.call("Room.inc", { by: 1 }) }, String(value));
  }
  const { getByRole, rerender } = render(h(StatelinkProvider, { link: links[0] }, h(Button)));
  act(() => getByRole("button").click());
  assert.deepEqual(hosts[0].transport.takeSent(), ['{"e":1,"h":"Room.inc","a":{"by":1}}']);
  assert.equal(getByRole("button").textContent, "0");
  rerender(h(StatelinkProvider, { link: links[1] }, h(Button)));
  assert.equal(shown, links[1]);
  assert.equal(getByRole("button").textContent, "undefined");
  await receive(hosts[1], ROOM.replace('"count":0', '"count":5'));
  assert.equal(getByRole("button").textContent, "5");
});

test("without a provider a hook says what to write", (t) => {
  t.mock.method(console, "error", () => {});
  assert.throws(() => renderHook(() => useShared("Room")), /write <StatelinkProvider link=/);
});

test("a transition sees values of one moment", async () => {
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const pairs = new Set<string>();
  const Value = ({ id }: { readonly id: string }): ReactElement =>
    h(
      "i",
      { id },
      useShared(Room, (room) => room.count),
    );
  let show: (on: boolean) => void = () => {};
  function Page(): ReactElement {
    const [on, set] = useState(false);
    show = set;
    return h("p", null, h(Value, { id: "a" }), on ? h(Value, { id: "b" }) : null);
  }
  const { container } = render(h(Page), { wrapper: below(link) });
  await act(async () => {
    startTransition(() => show(true));
    host.transport.events.message(count(1));
    await host.flush();
    pairs.add(container.textContent ?? "");
  });
  pairs.add(container.textContent ?? "");
  for (const pair of pairs) assert.match(pair, /^(0|1|00|11)$/);
  assert.equal(container.textContent, "11");
});

test("a page that was rendered by a server is taken over, then shows the values", async (t) => {
  const reported = t.mock.method(console, "error", () => {});
  const host = new FakeHost();
  const link = await liveLink(host, ROOM);
  const Page = (): ReactElement =>
    h("p", null, `${useStatus()} ${useShared(Room, (room) => room.count) ?? "-"}`);
  const app = h(StatelinkProvider, { link }, h(Page));
  const container = document.createElement("div");
  container.innerHTML = renderToString(app);
  assert.equal(container.textContent, "connecting -");
  const root = await act(async () => hydrateRoot(container, app));
  assert.equal(container.textContent, "live 0");
  assert.deepEqual(
    reported.mock.calls.flatMap((call) => call.arguments),
    [],
  );
  act(() => root.unmount());
});
