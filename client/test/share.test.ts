import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../src/protocol.js";
import { freeze, same, share } from "../src/share.js";
import { RandomJson, list, seeded } from "./random.js";

const copy = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

test("random values: the result is the next one, and has all equal branches of the old one", () => {
  let kept = 0;
  for (let seed = 1; seed <= 2_000; seed++) {
    const random = new RandomJson(seeded(seed));
    const old = random.object(4);
    const next = copy(old) as { [key: string]: Json };
    for (let n = random.below(3); n > 0; n--) {
      const keys = Object.keys(next);
      if (keys.length > 0 && random.random() < 0.3) delete next[random.pick(keys)];
      else next[random.pick(["a", "b", "0"])] = random.value(2);
    }
    freeze(old);
    freeze(next);
    const result = share(old, next) as JsonObject;
    assert.deepEqual(result, next, `seed ${seed}`);
    for (const key of Object.keys(result)) {
      if (!Object.hasOwn(old, key) || !isDeepStrictEqual(old[key], next[key])) continue;
      assert.equal(result[key], old[key], `seed ${seed}: ${key}`);
      kept++;
    }
    if (isDeepStrictEqual(old, next)) assert.equal(result, old);
  }
  assert.ok(kept > 1_000);
});

test("rows of an array are found from the head and from the tail", () => {
  const rows = Array.from({ length: 10 }, (_, n) => ({ n, tags: ["x"] }));
  const kept = (next: readonly Json[]): number =>
    (share(rows, copy(next)) as readonly Json[]).filter((row) => rows.includes(row as never))
      .length;
  assert.equal(kept([{ n: -1, tags: [] }, ...rows]), 10);
  assert.equal(kept([...rows, { n: -1, tags: [] }]), 10);
  assert.equal(kept([...rows.slice(0, 4), { n: -1, tags: [] }, ...rows.slice(4)]), 10);
  assert.equal(kept(rows.slice(3)), 7);
  assert.equal(kept([...rows.slice(0, 4), ...rows.slice(6)]), 8);
  assert.equal(kept([...rows.slice(0, 4), { n: -1, tags: ["x"] }, ...rows.slice(5)]), 9);
  assert.equal(kept([]), 0);
  assert.equal(share(rows, copy(rows)), rows);
  const [changed] = share(rows.slice(0, 1), copy([{ n: -1, tags: ["x"] }])) as typeof rows;
  assert.equal(changed?.tags, rows[0]?.tags, "what is equal inside a changed row");
});

test("equal rows in the middle that changed their number", () => {
  const old = [1, 1, 1];
  assert.deepEqual(share(old, [1, 1]), [1, 1]);
  assert.deepEqual(share(old, [1, 1, 1, 1]), [1, 1, 1, 1]);
  assert.deepEqual(share([1, 2, 1], [1, 1]), [1, 1]);
});

test("what looks alike and is not the same", () => {
  for (const [old, next] of [
    [0, -0],
    [[], {}],
    [{ 0: 1 }, [1]],
    [null, {}],
    [{ toString: 1 }, {}],
    [{}, { toString: 1 }],
    ["1", 1],
  ] as readonly (readonly [Json, Json])[])
    assert.deepEqual(share(old, next), next);
  const polluted = share({ a: 1 }, JSON.parse('{"__proto__":{"a":1}}') as Json);
  assert.deepEqual(Object.keys(polluted as object), ["__proto__"]);
});

test("same: entries of arrays and plain objects, one level deep", () => {
  const row = { n: 1 };
  class Point {
    constructor(readonly x: number) {}
  }
  for (const [a, b, expected] of [
    [NaN, NaN, true],
    [0, -0, false],
    [[1, row], [1, row], true],
    [[row], [{ ...row }], false],
    [{ a: 1, b: row }, { b: row, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [{ a: undefined }, { b: undefined }, false],
    [[], {}, false],
    [null, {}, false],
    [new Point(1), new Point(1), false],
    [new Date(1), new Date(2), false],
    [new Map([[1, 1]]), new Map([[2, 2]]), false],
  ] as const)
    assert.equal(same(a, b), expected, `${JSON.stringify(a)} and ${JSON.stringify(b)}`);
});

test("freeze: all the way down, and what is frozen is not looked into again", () => {
  const random = new RandomJson(seeded(1));
  for (let n = 0; n < 100; n++) {
    const value = random.object(4);
    freeze(value);
    for (const { value: branch } of list(value)) assert.ok(Object.isFrozen(branch));
  }
  const looked = {
    get never(): never {
      throw new Error("looked");
    },
  };
  freeze({ kept: Object.freeze(looked) });
});
