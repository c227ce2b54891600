import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import jsonpatch, { type Operation } from "fast-json-patch";
import { applyPatch } from "../src/apply.js";
import type { Json, JsonObject, Op } from "../src/protocol.js";
import { RandomJson, list, seeded } from "./random.js";

const get = (value: Json, path: string): Json => jsonpatch.getValueByPointer(value, path) as Json;

/**
 * What the oracle makes of it, by operations that it does well: it knows no append, and looks at a
 * move's target before the removal.
 */
function oracle(document: Json, ops: readonly Op[]): Json {
  let value = structuredClone(document);
  for (const op of structuredClone(ops)) {
    for (const step of plain(value, op))
      value = jsonpatch.applyOperation(value, step as Operation, true).newDocument;
  }
  return value;
}

function plain(value: Json, op: Op): readonly Op[] {
  if (op.op === "append")
    return [{ op: "replace", path: op.path, value: `${get(value, op.path)}${op.value}` }];
  if (op.op !== "move") return [op];
  return [
    { op: "remove", path: op.from },
    { op: "add", path: op.path, value: structuredClone(get(value, op.from)) },
  ];
}

/** The document, each of its containers frozen: a change in place would throw. */
function frozen(document: Json): Json {
  for (const { value } of list(document)) Object.freeze(value);
  return document;
}

test("random patches give what the oracle gives, and change nothing in place", () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = new RandomJson(seeded(seed));
    const document = frozen(random.object(4));
    let value = document;
    const ops: Op[] = [];
    for (let n = 1 + random.below(6); n > 0; n--) {
      const op = random.op(value);
      ops.push(frozen(op as unknown as Json) as unknown as Op);
      value = oracle(value, [op]);
    }
    assert.deepEqual(
      applyPatch(document, ops),
      value,
      `seed ${seed}: ${JSON.stringify({ document, ops })}`,
    );
  }
});

test("random patches of which one operation was spoiled either throw or give what the oracle gives", () => {
  const paths = [
    "/no/such",
    "/a/99",
    "/b/00",
    "/-/x",
    "nothing",
    "/~2",
    "/length/length",
    "/toString",
  ];
  let thrown = 0;
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = new RandomJson(seeded(seed));
    const document = frozen(random.object(3));
    const op: Op = { ...random.op(document), path: random.pick(paths) };
    let expected: Json | undefined;
    try {
      expected = oracle(document, [op]);
    } catch {
      thrown++;
      assert.throws(
        () => applyPatch(document, [op]),
        RangeError,
        `seed ${seed}: ${JSON.stringify({ document, op })}`,
      );
      continue;
    }
    // Where we are stricter than the oracle is what the scenarios list.
    try {
      assert.deepEqual(applyPatch(document, [op]), expected);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  assert.ok(thrown > 500);
});

test("random patches: branches that no operation touches keep their identity", () => {
  let kept = 0;
  for (let seed = 1; seed <= 2_000; seed++) {
    const random = new RandomJson(seeded(seed));
    const document = random.object(4);
    const branch = random.pick(
      Object.keys(document).filter((key) => typeof document[key] === "object"),
    );
    if (branch === undefined) continue;
    // Patch a document beside the branch.
    const value: JsonObject = { beside: random.object(3), branch: document };
    const inner = random.op(value["beside"] as Json);
    const ops: Op[] = [prefixed(inner, "/beside")];
    const result = applyPatch(value, ops) as JsonObject;
    assert.equal(result["branch"], document, `seed ${seed}`);
    const unchanged = /replace|append/.test(inner.op) && isDeepStrictEqual(result, value);
    assert.equal(result === value, unchanged, `seed ${seed}`);
    kept++;
  }
  assert.ok(kept > 1_000);
});

function prefixed(op: Op, prefix: string): Op {
  const moved = { ...op, path: prefix + op.path };
  return moved.op === "move" ? { ...moved, from: prefix + moved.from } : moved;
}

test("exactly the containers above a change are copied", () => {
  const document = { rows: [{ tags: ["x"], at: { n: 1 } }, { tags: [] }], other: {} };
  const result = applyPatch(document, [
    { op: "replace", path: "/rows/0/at/n", value: 2 },
  ]) as unknown as typeof document;
  assert.deepEqual(result, { rows: [{ tags: ["x"], at: { n: 2 } }, { tags: [] }], other: {} });
  assert.notEqual(result.rows, document.rows);
  assert.notEqual(result.rows[0], document.rows[0]);
  assert.notEqual(result.rows[0]?.at, document.rows[0]?.at);
  assert.equal(result.rows[0]?.tags, document.rows[0]?.tags);
  assert.equal(result.rows[1], document.rows[1]);
  assert.equal(result.other, document.other);
});

test("a patch of many operations copies an array once", () => {
  let copies = 0;
  const counted = (rows: Json[]): Json[] =>
    Object.assign(rows, { slice: () => (copies++, counted([...rows])) });
  const rows = counted(Array.from({ length: 100 }, (_, n) => n));
  applyPatch(
    { rows },
    rows.map((_, n): Op => ({ op: "replace", path: `/rows/${n}`, value: -n })),
  );
  assert.equal(copies, 1);
});

test("what is moved keeps its identity", () => {
  const document = { rows: [{ n: 1 }, { n: 2 }] };
  const result = applyPatch(document, [
    { op: "move", from: "/rows/1", path: "/rows/0" },
  ]) as unknown as typeof document;
  assert.equal(result.rows[0], document.rows[1]);
  assert.equal(result.rows[1], document.rows[0]);
});

test("a value of the patch is not changed by a later operation on it", () => {
  const value = Object.freeze({ n: Object.freeze([1]) as unknown as Json[] });
  const result = applyPatch({}, [
    { op: "add", path: "/a", value },
    { op: "add", path: "/a/n/-", value: 2 },
  ]);
  assert.deepEqual(result, { a: { n: [1, 2] } });
  assert.deepEqual(value, { n: [1] });
});

test("a key __proto__ is a key like others", () => {
  const path = "/__proto__";
  const added = applyPatch({}, [{ op: "add", path, value: { polluted: 1 } }]) as JsonObject;
  assert.equal(Object.getPrototypeOf(added), Object.prototype);
  assert.deepEqual(Object.keys(added), ["__proto__"]);
  assert.throws(
    () => applyPatch({}, [{ op: "add", path: "/__proto__/polluted", value: 1 }]),
    RangeError,
  );
  assert.throws(
    () => applyPatch([], [{ op: "add", path: "/constructor/x", value: 1 }]),
    RangeError,
  );
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
