/** Random frames through documents and stores, against fast-json-patch. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import jsonpatch, { type Operation } from "fast-json-patch";
import { Documents } from "../src/documents.js";
import type { Json, JsonObject, Op } from "../src/protocol.js";
import { Stores } from "../src/store.js";
import { RandomJson, list, seeded } from "./random.js";

/** A copy of what a store shows, which the oracle patches in place; it knows what it copied. */
class Oracle {
  readonly document: Json;
  readonly #originals = new Map<object, Json>();
  /** Containers that an operation went through. */
  readonly #touched = new Set<object>();

  constructor(shown: Json) {
    this.document = this.#copy(shown);
  }

  run(op: Op): void {
    if (op.op === "append") {
      const value = jsonpatch.getValueByPointer(this.document, op.path) as string;
      return this.run({ op: "replace", path: op.path, value: value + op.value });
    }
    if (op.op !== "move") {
      this.#touch(op.path);
      return this.#apply(structuredClone(op));
    }
    // By its parts: the oracle looks at a move's target before the removal.
    const value = jsonpatch.getValueByPointer(this.document, op.from) as Json;
    this.#touch(op.from);
    this.#apply({ op: "remove", path: op.from });
    this.#touch(op.path);
    this.#apply({ op: "add", path: op.path, value });
  }

  /** Each container that no operation went through: what is shown at its place must be the original. */
  *kept(shown: Json): Generator<readonly [shown: Json, original: Json]> {
    for (const { path, value } of list(this.document)) {
      const original = this.#originals.get(value as object);
      if (original === undefined || this.#touched.has(value as object)) continue;
      yield [jsonpatch.getValueByPointer(shown, path) as Json, original];
    }
  }

  #apply(op: Op): void {
    jsonpatch.applyOperation(this.document, op as Operation, true);
  }

  #touch(path: string): void {
    const keys = path.split("/").slice(1, -1);
    for (let n = 0; n <= keys.length; n++) {
      const above = keys
        .slice(0, n)
        .map((key) => "/" + key)
        .join("");
      this.#touched.add(jsonpatch.getValueByPointer(this.document, above) as object);
    }
  }

  #copy(value: Json): Json {
    if (typeof value !== "object" || value === null) return value;
    const copied = Array.isArray(value)
      ? value.map((child) => this.#copy(child as Json))
      : Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.#copy(child)]));
    this.#originals.set(copied, value);
    return copied;
  }
}

class Client {
  readonly documents = new Documents();
  readonly stores = new Stores({ freeze: true });
  told = 0;
  revision = 0;

  constructor(values: JsonObject) {
    this.documents.introduce({ s: "Room", i: 1, r: 0, v: values });
    this.publish();
    this.stores.get("Room").subscribe(() => this.told++);
  }

  patch(ops: readonly Op[]): void {
    this.revision++;
    assert.ok(this.documents.patch({ i: 1, r: this.revision, p: ops }));
  }

  publish(): JsonObject {
    this.stores.publish(this.documents.takeChanged(), (state) => this.documents.view(state));
    return this.stores.get("Room").value as JsonObject;
  }
}

const frame = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test("random patches: the store shows what fast-json-patch gives, and unchanged branches keep their identity", () => {
  let kept = 0;
  for (let seed = 1; seed <= 1_500; seed++) {
    const random = new RandomJson(seeded(seed));
    const client = new Client(random.object(4));
    for (let burst = 1 + random.below(4); burst > 0; burst--) {
      const before = client.stores.get("Room").value as JsonObject;
      const oracle = new Oracle(before);
      const told = client.told;
      for (let patches = 1 + random.below(3); patches > 0; patches--) {
        const ops: Op[] = [];
        for (let n = 1 + random.below(4); n > 0; n--) {
          const op = frame(random.op(oracle.document));
          ops.push(op);
          oracle.run(op);
        }
        client.patch(ops);
      }
      const shown = client.publish();
      assert.deepEqual(shown, oracle.document, `seed ${seed}`);
      for (const [now, original] of oracle.kept(shown)) {
        assert.equal(now, original, `seed ${seed}`);
        kept++;
      }
      assert.ok(client.told - told <= 1, "one notification for all that came together");
      assert.equal(client.told - told, shown === before ? 0 : 1);
    }
  }
  assert.ok(kept > 2_000);
});

test("random snapshots and replacements: a branch that is equal is the one that was there", () => {
  let kept = 0;
  for (let seed = 1; seed <= 1_500; seed++) {
    const random = new RandomJson(seeded(seed));
    const client = new Client({ whole: random.object(4), beside: random.object(2) });
    const before = client.publish();
    const whole = frame(before["whole"]) as JsonObject;
    const edited = jsonpatch.applyPatch(structuredClone(whole), [
      { op: "add", path: "/a", value: random.value(2) },
    ]).newDocument as JsonObject;
    const values = { whole: edited, beside: frame(before["beside"]) as Json };
    if (seed % 2) client.documents.introduce({ s: "Room", i: 2, r: 5, v: values });
    else client.patch([{ op: "replace", path: "/whole", value: edited }]);
    const shown = client.publish();
    assert.deepEqual(shown, values, `seed ${seed}`);
    for (const { path, value } of list(shown)) {
      if (path.split("/").some((key) => /^\d+$/.test(key))) continue; // Rows may be found elsewhere.
      const old = list(before).find((place) => place.path === path);
      if (!old || !isDeepStrictEqual(old.value, value)) continue;
      assert.equal(value, old.value, `seed ${seed}: ${path}`);
      kept++;
    }
  }
  assert.ok(kept > 2_000);
});
