import assert from "node:assert/strict";
import { test } from "node:test";
import { IdentityKeeper } from "../src/identity.js";
import { MemoryStorage } from "./host.js";

const identity = { token: "t", secret: "s", boot: "b", acked: 3 };

test("an identity is kept for one server, and forgotten", () => {
  const storage = new MemoryStorage();
  const keeper = new IdentityKeeper(storage, "ws://a/_statelink/ws");
  assert.equal(keeper.load(), undefined);
  keeper.save(identity);
  assert.deepEqual(new IdentityKeeper(storage, "ws://a/_statelink/ws").load(), identity);
  assert.equal(new IdentityKeeper(storage, "ws://b/_statelink/ws").load(), undefined);
  keeper.forget();
  assert.equal(keeper.load(), undefined);
});

test("what is no identity is not loaded", () => {
  const storage = new MemoryStorage();
  const keeper = new IdentityKeeper(storage, "u");
  const bad = [
    "",
    "{",
    "null",
    "7",
    "[]",
    "{}",
    JSON.stringify({ ...identity, token: 1 }),
    JSON.stringify({ ...identity, secret: null }),
    JSON.stringify({ ...identity, boot: undefined }),
    JSON.stringify({ ...identity, acked: -1 }),
    JSON.stringify({ ...identity, acked: 1.5 }),
  ];
  for (const text of bad) {
    storage.setItem("statelink u", text);
    assert.equal(keeper.load(), undefined, text);
  }
});

test("storage that is missing, full or forbidden keeps nothing and harms nothing", () => {
  const refuse = (): never => {
    throw new Error("forbidden");
  };
  for (const storage of [null, { getItem: refuse, setItem: refuse, removeItem: refuse }]) {
    const keeper = new IdentityKeeper(storage, "u");
    keeper.save(identity);
    assert.equal(keeper.load(), undefined);
    keeper.forget();
  }
});
