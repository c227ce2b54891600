import assert from "node:assert/strict";
import { test } from "node:test";
import { Selection } from "../src/selection.js";
import { Stores } from "../src/store.js";

interface Values {
  readonly count: number;
  readonly rows: readonly { readonly open: boolean }[];
}
const open = { open: true };
const shut = { open: false };

test("listeners hear only when what is selected has changed; the selector runs once for each value", () => {
  const stores = new Stores();
  const store = stores.get<Values>("Room");
  let runs = 0;
  const selection = store.select((room) => {
    runs++;
    return room.count;
  });
  const heard: unknown[] = [];
  const unsubscribe = selection.subscribe((value) => heard.push([value, selection.value]));
  assert.equal(selection.value, undefined);
  for (const [count, rows] of [
    [1, []],
    [1, [open]],
    [2, [open]],
  ] as const)
    stores.publish(["Room"], () => ({ count, rows }));
  assert.deepEqual(heard, [
    [1, 1],
    [2, 2],
  ]);
  assert.equal(selection.getSnapshot(), 2);
  assert.equal(runs, 3);
  stores.publish(["Room"], () => undefined);
  assert.equal(selection.value, undefined);
  unsubscribe();
  stores.publish(["Room"], () => ({ count: 9, rows: [] }));
  assert.equal(heard.length, 3);
});

test("a selection that is made anew each time is the same object while its entries are", () => {
  const stores = new Stores();
  const store = stores.get<Values>("Room");
  const opened = ({ rows }: Values): readonly object[] => rows.filter((row) => row.open);
  const selection = store.select(opened);
  stores.publish(["Room"], () => ({ count: 1, rows: [open, shut] }));
  const first = selection.value;
  assert.deepEqual(first, [open]);
  stores.publish(["Room"], () => ({ count: 2, rows: [shut, open, shut] }));
  assert.equal(selection.value, first);
  assert.equal(new Selection(store, opened, first).value, first, "also of an earlier selection");
  stores.publish(["Room"], () => ({ count: 2, rows: [open, open] }));
  assert.notEqual(selection.value, first);
});

test("a selector that throws is reported, and heard again when it works", (t) => {
  const report = t.mock.method(console, "error", () => {});
  const stores = new Stores();
  const selection = stores.get<Values>("Room").select((room) => room.rows[0]!.open);
  const heard: unknown[] = [];
  selection.subscribe((value) => heard.push(value));
  stores.publish(["Room"], () => ({ count: 1, rows: [] }));
  assert.equal(report.mock.callCount(), 1);
  assert.throws(() => selection.value, TypeError);
  stores.publish(["Room"], () => ({ count: 1, rows: [open] }));
  assert.deepEqual(heard, [true]);
});
