import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptVars } from "../src/kept.js";
import type { JsonObject, StorageVar } from "../src/protocol.js";
import { MemoryStorage } from "./host.js";

const vars: StorageVar[] = [
  { s: "Room", v: "name", in: "local", key: "Room.name", sync: true },
  { s: "Room", v: "draft", in: "session", key: "Room.draft" },
  { s: "Prefs", v: "theme", in: "cookie", key: "the me", path: "/", max_age: 60, same_site: "lax" },
];

/** A cookie jar that keeps names and values, as `document.cookie` shows them. */
class Jar {
  readonly written: string[] = [];
  readonly #kept = new Map<string, string>();
  get cookie(): string {
    return [...this.#kept].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  set cookie(text: string) {
    this.written.push(text);
    const [pair = ""] = text.split("; ");
    const [name = "", value = ""] = pair.split("=");
    this.#kept.set(name, value);
  }
}

function browser(): { local: MemoryStorage; session: MemoryStorage; cookies: Jar } {
  return { local: new MemoryStorage(), session: new MemoryStorage(), cookies: new Jar() };
}

const views =
  (all: Record<string, JsonObject>) =>
  (state: string): JsonObject | undefined =>
    all[state];

test("each var is kept in its place, and recalled from there", () => {
  const where = browser();
  const kept = new KeptVars(where);
  assert.deepEqual(kept.recall(vars), {});
  kept.keep(views({ Room: { name: "red", draft: "hé" }, Prefs: { theme: "dark; blue" } }));
  assert.deepEqual([...where.local.items], [["Room.name", "red"]]);
  assert.deepEqual([...where.session.items], [["Room.draft", "hé"]]);
  assert.deepEqual(where.cookies.written, [
    "the%20me=dark%3B%20blue; Path=/; Max-Age=60; SameSite=lax",
  ]);
  assert.deepEqual(new KeptVars(where).recall(vars), {
    Room: { name: "red", draft: "hé" },
    Prefs: { theme: "dark; blue" },
  });
});

test("only what differs is written, an empty value does not make an entry", () => {
  const where = browser();
  const kept = new KeptVars(where);
  kept.recall(vars);
  const view = views({ Room: { name: "", draft: "a" }, Prefs: { theme: "" } });
  kept.keep(view);
  assert.equal(where.local.items.size, 0);
  assert.deepEqual(where.cookies.written, []);
  where.session.setItem = () => assert.fail("written again");
  kept.keep(view);
});

test("a value that was kept can be emptied", () => {
  const where = browser();
  const kept = new KeptVars(where);
  where.local.setItem("Room.name", "red");
  assert.deepEqual(kept.recall(vars), { Room: { name: "red" } });
  kept.keep(views({ Room: { name: "" } }));
  assert.equal(where.local.getItem("Room.name"), "");
});

test("another tab's change is told for vars with sync only", () => {
  const kept = new KeptVars(browser());
  kept.recall(vars);
  assert.deepEqual(kept.changed("Room.name", "blue"), { Room: { name: "blue" } });
  assert.deepEqual(kept.changed("Room.name", null), { Room: { name: null } });
  assert.equal(kept.changed("Room.draft", "x"), undefined);
  assert.equal(kept.changed("other", "x"), undefined);
});

test("a browser that keeps nothing, or forbids it, is no error", () => {
  const none = new KeptVars({ local: null, session: null, cookies: null });
  assert.deepEqual(none.recall(vars), {});
  none.keep(views({ Room: { name: "a", draft: "b" }, Prefs: { theme: "c" } }));
  const forbids = (): never => {
    throw new Error("forbidden");
  };
  const forbidden = new KeptVars({
    local: { getItem: forbids, setItem: forbids },
    session: null,
    cookies: null,
  });
  assert.deepEqual(forbidden.recall(vars), {});
  forbidden.keep(views({ Room: { name: "a" } }));
});
