import assert from "node:assert/strict";
import { test } from "node:test";
import { claimByChannel, claimByLock } from "../src/claim.js";

/**
 * Web Locks as far as they are used here: one holder for each name, the others wait in order or
 * give up.
 */
class FakeLocks {
  readonly #waiting = new Map<string, (() => void)[]>();

  async request<T>(name: string, options: LockOptions, use: LockGrantedCallback<T>): Promise<T> {
    const queue = this.#waiting.get(name);
    if (queue) {
      await new Promise<void>((resolve, reject) => {
        queue.push(resolve);
        options.signal?.addEventListener("abort", () => {
          if (queue.includes(resolve)) queue.splice(queue.indexOf(resolve), 1);
          reject(new Error("aborted"));
        });
      });
    } else this.#waiting.set(name, []);
    try {
      return (await use({ name, mode: "exclusive" })) as T;
    } finally {
      const next = this.#waiting.get(name)?.shift();
      if (next) next();
      else this.#waiting.delete(name);
    }
  }
}

const locks = (): Pick<LockManager, "request"> =>
  new FakeLocks() as unknown as Pick<LockManager, "request">;

test("by lock: one page has it, until it lets go", async () => {
  const shared = locks();
  const first = await claimByLock(shared, "a");
  assert.ok(first);
  assert.ok(await claimByLock(shared, "b"), "another name is another claim");
  assert.equal(await claimByLock(shared, "a"), undefined);
  first.release();
  assert.ok(await claimByLock(shared, "a"));
});

test("by lock: the old page of a reload may let go a little later", async () => {
  const shared = locks();
  const first = await claimByLock(shared, "a");
  const second = claimByLock(shared, "a");
  first?.release();
  assert.ok(await second);
});

test("by lock: a browser that refuses the request gives no claim", async () => {
  const refuse = { request: () => Promise.reject(new Error("SecurityError")) } as unknown as Pick<
    LockManager,
    "request"
  >;
  assert.equal(await claimByLock(refuse, "a"), undefined);
});

test("by channel: one page has it, until it lets go", async () => {
  const first = await claimByChannel("test a");
  assert.ok(first);
  assert.equal(await claimByChannel("test a"), undefined);
  first.release();
  const again = await claimByChannel("test a");
  assert.ok(again);
  again.release();
});

test("by channel: of pages that ask at the same time exactly one gets it", async () => {
  const claims = await Promise.all(Array.from({ length: 5 }, () => claimByChannel("test b")));
  const had = claims.filter((claim) => claim !== undefined);
  assert.equal(had.length, 1);
  had[0]?.release();
});
