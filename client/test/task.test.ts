import assert from "node:assert/strict";
import { test } from "node:test";
import { soon } from "../src/task.js";

test("it runs once, in order, after all microtasks", async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    soon(() => order.push("first"));
    soon(() => {
      order.push("second");
      resolve();
    });
    queueMicrotask(() => queueMicrotask(() => order.push("microtask")));
  });
  assert.deepEqual(order, ["microtask", "first", "second"]);
});
