import assert from "node:assert/strict";
import { test } from "node:test";
import { Documents } from "../src/documents.js";
import type { JsonObject } from "../src/protocol.js";

function held(
  ...snapshots: readonly { s: string; i: number; r: number; v: JsonObject; o?: number }[]
): Documents {
  const documents = new Documents();
  for (const snapshot of snapshots) documents.introduce(snapshot);
  documents.takeChanged();
  return documents;
}

const room = { s: "Room", i: 7, r: 1, v: { n: 0, rows: [{}] } };
const count = (value: number) => [{ op: "replace" as const, path: "/n", value }];

test("only states that a frame touched are changed, and a dropped or refused patch touches none", () => {
  const documents = held(room, { s: "Cart", i: 8, r: 0, v: {} });
  assert.ok(documents.patch({ i: 7, r: 2, p: count(1) }));
  assert.deepEqual([...documents.takeChanged()], ["Room"]);
  assert.ok(documents.patch({ i: 7, r: 2, p: count(9) }));
  assert.ok(documents.patch({ i: 99, r: 2, p: count(9) }));
  assert.ok(!documents.patch({ i: 7, r: 3, p: [{ op: "remove", path: "/nothing" }] }));
  assert.deepEqual([...documents.takeChanged()], []);
  assert.deepEqual(documents.view("Room"), { n: 1, rows: [{}] });
});

test("a view keeps the branches of what it is made of", () => {
  const documents = held(room, { s: "Room", i: 9, r: 0, o: 1, v: { mine: [1] } });
  const before = documents.view("Room");
  documents.patch({ i: 7, r: 2, p: count(1) });
  const after = documents.view("Room");
  assert.notEqual(before, after);
  assert.equal(before?.["rows"], after?.["rows"]);
  assert.equal(before?.["mine"], after?.["mine"]);
});

test("a snapshot of equal values, or a change under the overlay, gives the view that was there", () => {
  const documents = held(room, { s: "Room", i: 9, r: 0, o: 1, v: { n: 5 } });
  const before = documents.view("Room");
  documents.introduce({ ...room, i: 20, r: 3, v: { n: 0, rows: [{}] } });
  documents.patch({ i: 20, r: 4, p: count(1) });
  assert.equal(documents.view("Room"), before);
  documents.introduce({ s: "Room", i: 9, r: 1, o: 1, v: {} });
  documents.introduce({ ...room, i: 21, v: { n: 2, rows: [{}] } });
  assert.deepEqual(documents.view("Room"), { n: 2, rows: [{}] });
  assert.equal(documents.view("Room")?.["rows"], before?.["rows"]);
});

test("a gap is reported once; the instance is not stated on a resume until its snapshot comes", () => {
  const documents = held(room);
  assert.ok(!documents.patch({ i: 7, r: 4, p: count(1) }));
  assert.ok(documents.patch({ i: 7, r: 5, p: count(2) }));
  assert.ok(documents.resyncing);
  assert.deepEqual(documents.have(), []);
  assert.ok(!documents.expectSnapshot(7));
  documents.introduce({ ...room, r: 5 });
  assert.ok(!documents.resyncing);
  assert.deepEqual(documents.have(), [[7, 5]]);
});

test("what is lacking: revisions above the held one, of instances that are held", () => {
  const documents = held(room);
  assert.ok(documents.lacks([7, 2]));
  assert.ok(!documents.lacks([7, 1]));
  assert.ok(!documents.lacks([99, 1]));
  assert.ok(documents.expectSnapshot(7));
  assert.ok(!documents.expectSnapshot(99));
});

test("a replaced instance and a taken away overlay are not stated on a resume", () => {
  const documents = held(room, { s: "Room", i: 9, r: 0, o: 1, v: { mine: 1 } });
  assert.deepEqual(documents.have(), [
    [7, 1],
    [9, 0],
  ]);
  documents.introduce({ ...room, i: 20 });
  assert.deepEqual(documents.have(), [
    [9, 0],
    [20, 1],
  ]);
  documents.introduce({ s: "Room", i: 9, r: 1, o: 1, v: {} });
  assert.deepEqual(documents.have(), [[20, 1]]);
});

test("after forget nothing is held, values are viewed until prune, and numbers may come again for other states", () => {
  const documents = held(
    room,
    { s: "Room", i: 9, r: 0, o: 1, v: { mine: 1 } },
    { s: "Cart", i: 8, r: 0, v: { n: 5 } },
  );
  documents.forget();
  assert.deepEqual(documents.have(), []);
  assert.deepEqual(documents.view("Cart"), { n: 5 });
  documents.introduce({ s: "Room", i: 8, r: 0, v: { n: 1 } });
  assert.deepEqual(documents.view("Room"), { n: 1, mine: 1 });
  documents.takeChanged();
  documents.prune();
  assert.deepEqual(new Set(documents.takeChanged()), new Set(["Room", "Cart"]));
  assert.deepEqual(documents.view("Room"), { n: 1 });
  assert.equal(documents.view("Cart"), undefined);
  assert.ok(documents.patch({ i: 8, r: 1, p: count(2) }));
  assert.deepEqual(documents.view("Room"), { n: 2 });
});
