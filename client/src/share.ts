/** Structural sharing, freezing, and when two values count as the same. */
import type { Json, JsonObject } from "./protocol.js";

/**
 * `next`, in which every branch that equals the one of `old` at its place is that one; `old` itself
 * where all is equal. Places in arrays are counted from the head, and from the tail behind the first
 * difference. Neither is changed.
 */
export function share(old: Json | undefined, next: Json): Json {
  if (Object.is(old, next)) return next;
  if (Array.isArray(old) && Array.isArray(next)) return shareArray(old, next);
  if (isObject(old) && isObject(next)) return shareObject(old, next);
  return next;
}

function shareArray(old: readonly Json[], next: readonly Json[]): Json {
  const result = next.slice();
  const common = Math.min(old.length, next.length);
  let head = 0;
  while (head < common && keep(result, head, old[head])) head++;
  if (head === old.length && head === next.length) return old;
  let tail = 1;
  while (tail <= common - head && keep(result, next.length - tail, old[old.length - tail])) tail++;
  for (let n = head + 1; n <= common - tail; n++) keep(result, n, old[n]);
  return result;
}

/** Shares `result[n]` with `old`. True where they are equal. */
function keep(result: Json[], n: number, old: Json | undefined): boolean {
  const shared = share(old, result[n] as Json);
  result[n] = shared;
  return Object.is(shared, old);
}

function shareObject(old: JsonObject, next: JsonObject): Json {
  const keys = Object.keys(next);
  let equal = keys.length === Object.keys(old).length;
  const entries = keys.map((key): [string, Json] => {
    const before = Object.hasOwn(old, key) ? old[key] : undefined;
    const shared = share(before, next[key] as Json);
    equal &&= Object.is(shared, before);
    return [key, shared];
  });
  return equal ? old : Object.fromEntries(entries);
}

/** Freezes `value` all the way down; what is frozen already is so all the way down. */
export function freeze(value: unknown): void {
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const child of Object.values(value as object)) freeze(child);
}

/** Whether two selected values are the same, or have the same entries. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && Object.is(a[key as keyof object], b[key as keyof object]),
    )
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An array or an object of no class: one whose entries are all there is to it. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
