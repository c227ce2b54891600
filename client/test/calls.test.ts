import assert from "node:assert/strict";
import { test } from "node:test";
import { Calls } from "../src/calls.js";

const never = (): boolean => false;
const tickets = (settled: readonly { ticket: number }[]): number[] =>
  settled.map(({ ticket }) => ticket);

function sent(count: number): Calls {
  const calls = new Calls();
  for (let n = 0; n < count; n++) calls.add("S.h");
  calls.takeQueued();
  return calls;
}

test("ids are given in order when a call is sent, and go on above what the server has received", () => {
  const calls = new Calls();
  calls.add("S.h", { n: 1 });
  assert.deepEqual(calls.resume(12), []);
  assert.deepEqual(calls.takeQueued(), ['{"e":13,"h":"S.h","a":{"n":1}}']);
  assert.deepEqual(calls.takeQueued(), []);
  calls.add("S.h");
  calls.resume(5);
  assert.deepEqual(calls.takeQueued(), ['{"e":14,"h":"S.h"}']);
});

test("what is written is what the arguments were at the call", () => {
  const calls = new Calls();
  const args = { rows: [1] };
  calls.add("S.h", args);
  args.rows.push(2);
  assert.deepEqual(calls.takeQueued(), ['{"e":1,"h":"S.h","a":{"rows":[1]}}']);
});

test("arguments that are no JSON object are refused and leave nothing behind", () => {
  const calls = new Calls();
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  for (const args of [[1], () => {}, new Date(0), cycle, { n: 1n }])
    assert.throws(() => calls.add("S.h", args), TypeError);
  assert.deepEqual(calls.takeQueued(), []);
});

test("sent again is what the server has not received, in order", () => {
  const calls = sent(4);
  calls.acknowledged({ a: 3 });
  assert.deepEqual(calls.resume(1), ['{"e":2,"h":"S.h"}', '{"e":4,"h":"S.h"}']);
});

test("a run acknowledges what was not answered by an error; a repeated or foreign answer settles nothing", () => {
  const calls = sent(5);
  calls.failed({ x: 3, c: "handler_error", m: "no" });
  calls.acknowledged({ a: [2, 4] });
  assert.deepEqual(calls.takeSettled(never), [
    { ticket: 3, follows: [], error: { code: "handler_error", message: "no" } },
    { ticket: 2, follows: [] },
    { ticket: 4, follows: [] },
  ]);
  calls.acknowledged({ a: [2, 4] });
  calls.acknowledged({ a: 99 });
  calls.failed({ x: 3, c: "handler_error", m: "no" });
  assert.deepEqual(calls.takeSettled(never), []);
});

test("acked is below the oldest call without an answer", () => {
  const calls = sent(3);
  assert.equal(calls.acked, 0);
  calls.acknowledged({ a: 2 });
  assert.equal(calls.acked, 0);
  calls.acknowledged({ a: 1 });
  assert.equal(calls.acked, 2);
  calls.failed({ x: 3, c: "handler_error", m: "no" });
  assert.equal(calls.acked, 3);
});

test("an answered call is settled when nothing is lacking of what it follows", () => {
  const calls = sent(2);
  calls.acknowledged({
    a: 1,
    f: [
      [7, 1],
      [8, 2],
    ],
  });
  calls.acknowledged({ a: 2, f: [[7, 1]] });
  assert.deepEqual(tickets(calls.takeSettled(([instance]) => instance === 8)), [2]);
  assert.ok(calls.anyAnswered);
  assert.deepEqual(calls.followed(), [
    [7, 1],
    [8, 2],
  ]);
  assert.deepEqual(tickets(calls.takeSettled(never)), [1]);
  assert.ok(!calls.anyAnswered);
});

test("all calls can be ended in order; a known error is told rather than the general one", () => {
  const calls = sent(3);
  calls.failed({ x: 1, c: "handler_error", m: "no", f: [[7, 1]] });
  calls.acknowledged({ a: 2, f: [[7, 1]] });
  calls.add("S.h");
  const all = calls.takeAll({ code: "closed", message: "over" });
  assert.deepEqual(
    all.map(({ ticket, error }) => [ticket, error?.code]),
    [
      [1, "handler_error"],
      [2, "closed"],
      [3, "closed"],
      [4, "closed"],
    ],
  );
  assert.deepEqual(calls.takeAll({ code: "closed", message: "over" }), []);
  calls.restart();
  calls.add("S.h");
  assert.deepEqual(calls.takeQueued(), ['{"e":1,"h":"S.h"}']);
});
