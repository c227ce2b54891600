import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE_MS, Backoff, CAP_MS, LONGEST_RETRY_MS, STABLE_MS } from "../src/backoff.js";
import { seeded } from "./random.js";

const least = (): number => 0;
const most = (): number => 1 - Number.EPSILON;

test("each wait is anywhere between 0 and a ceiling that doubles up to the cap", () => {
  const shortest = new Backoff(least);
  const longest = new Backoff(most);
  const any = new Backoff(seeded(1));
  for (let attempt = 0; attempt < 2_000; attempt++) {
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** attempt);
    assert.equal(shortest.lost(0, ""), 0);
    assert.ok(Math.abs(longest.lost(0, "") - ceiling) < 0.001);
    const wait = any.lost(0, "");
    assert.ok(wait >= 0 && wait < ceiling);
  }
});

test("a delay that the server asks for is the least, with the random part on top", () => {
  for (const reason of ["retry_ms=500", "restart retry_ms=500", "retry_ms=500; restart"]) {
    assert.equal(new Backoff(least).lost(0, reason), 500);
    assert.ok(Math.abs(new Backoff(most).lost(0, reason) - 500 - BASE_MS) < 0.001);
  }
  for (const reason of ["retry_ms=", "retry_ms=-5", "retry_ms=soon", "xretry_ms=500", "later"]) {
    assert.equal(new Backoff(least).lost(0, reason), 0, reason);
  }
  assert.equal(new Backoff(least).lost(0, "retry_ms=99999999999999999999"), LONGEST_RETRY_MS);
});

test("the waits start small again after a connection that stayed live, not after one that was lost at once", () => {
  const backoff = new Backoff(() => 0.5);
  const waits = (live: number): number => {
    backoff.live(1_000);
    return backoff.lost(1_000 + live, "");
  };
  assert.equal(backoff.lost(0, ""), BASE_MS / 2);
  assert.equal(backoff.lost(0, ""), BASE_MS);
  assert.equal(waits(STABLE_MS - 1), BASE_MS * 2);
  assert.equal(waits(STABLE_MS), BASE_MS / 2);
  assert.equal(backoff.lost(1e9, ""), BASE_MS, "was not live in between");
});
