import assert from "node:assert/strict";
import { test } from "node:test";
import { Listeners, Stores } from "../src/store.js";

test("a store is the same at each call, empty at first, and tells its listeners until they unsubscribe", () => {
  const stores = new Stores();
  const { subscribe, getSnapshot } = stores.get<number>("A");
  assert.equal(stores.get("A").subscribe, subscribe);
  assert.equal(getSnapshot(), undefined);
  const heard: (number | undefined)[] = [];
  const unsubscribe = subscribe((value) => heard.push(value));
  stores.publish(["A"], () => 1);
  assert.equal(getSnapshot(), 1);
  stores.publish(["A"], () => 1);
  assert.deepEqual(heard, [1], "an unchanged value is no news");
  unsubscribe();
  unsubscribe();
  stores.publish(["A"], () => 2);
  assert.deepEqual(heard, [1]);
  assert.equal(getSnapshot(), 2);
});

test("listeners of one store see what the other stores show at the same time", () => {
  const stores = new Stores();
  const seen: unknown[] = [];
  for (const state of ["A", "B"]) {
    stores.get(state).subscribe(() => seen.push([stores.get("A").value, stores.get("B").value]));
  }
  stores.publish(["A", "B"], (state) => (state === "A" ? 1 : 2));
  assert.deepEqual(seen, [
    [1, 2],
    [1, 2],
  ]);
});

test("the same function may listen twice; one that unsubscribes another, or itself, while they are told", () => {
  const listeners = new Listeners<number>();
  const heard: string[] = [];
  const listener = (): void => void heard.push("twice");
  listeners.add(listener);
  const second = listeners.add(listener);
  listeners.tell(0);
  assert.deepEqual(heard.splice(0), ["twice", "twice"]);
  second();
  const self = listeners.add(() => {
    heard.push("self");
    self();
    other();
  });
  const other = listeners.add(() => heard.push("other"));
  listeners.tell(0);
  listeners.tell(0);
  assert.deepEqual(heard, ["twice", "self", "twice"]);
});

test("a listener that throws is reported and does not stop the others", (t) => {
  const report = t.mock.method(console, "error", () => {});
  const listeners = new Listeners<number>();
  const heard: number[] = [];
  const boom = new Error("boom");
  listeners.add(() => {
    throw boom;
  });
  listeners.add((value) => heard.push(value));
  listeners.tell(7);
  assert.deepEqual(heard, [7]);
  assert.deepEqual(
    report.mock.calls.map((call) => call.arguments[0]),
    [boom],
  );
});
