/** Random JSON documents and patches that apply to them, from a seed. */
import type { Json, JsonObject, Op } from "../src/protocol.js";

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const KEYS = ["a", "b", "0", "1", "-", "", "x/y", "m~n", "~1", "ü 🙂", "length"];

export class RandomJson {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  value(depth: number): Json {
    const kind = this.below(depth > 0 ? 8 : 5);
    if (kind === 0) return null;
    if (kind === 1) return this.random() < 0.5;
    if (kind === 2) return this.below(10);
    if (kind <= 4) return this.pick(["", "text", "ü 🙂", "~/"]);
    return kind === 5
      ? Array.from({ length: this.below(5) }, () => this.value(depth - 1))
      : this.object(depth);
  }

  object(depth: number): JsonObject {
    return Object.fromEntries(
      Array.from({ length: this.below(6) }, () => [this.pick(KEYS), this.value(depth - 1)]),
    );
  }

  /** An operation that applies to `document`. */
  op(document: Json): Op {
    const places = list(document);
    const inside = places.filter(({ path }) => path !== "");
    const place = inside.length > 0 ? this.pick(inside) : undefined;
    const kind = this.below(5);
    if (place && kind === 0) return { op: "remove", path: place.path };
    if (place && kind === 1) return { op: "replace", path: place.path, value: this.value(2) };
    const texts = places.filter(({ value }) => typeof value === "string");
    if (texts.length > 0 && kind === 2)
      return { op: "append", path: this.pick(texts).path, value: this.pick(["", " more", "ü"]) };
    if (place && kind === 3) {
      const rest = without(document, place.path);
      const path = this.target(rest);
      // RFC 6902 forbids it, also where the target is another element after the removal.
      if (!path.startsWith(place.path + "/")) return { op: "move", from: place.path, path };
    }
    return { op: "add", path: this.target(document), value: this.value(2) };
  }

  /** Where something can be added to `document`. */
  target(document: Json): string {
    const { path, value } = this.pick(
      list(document).filter((place) => typeof place.value === "object" && place.value !== null),
    );
    if (!Array.isArray(value)) return `${path}/${escaped(this.pick(KEYS))}`;
    return `${path}/${this.random() < 0.3 ? "-" : this.below(value.length + 1)}`;
  }
}

interface Place {
  readonly path: string;
  readonly value: Json;
}

export function list(value: Json, path = ""): Place[] {
  if (typeof value !== "object" || value === null) return [{ path, value }];
  return [
    { path, value },
    ...Object.entries(value).flatMap(([key, child]) =>
      list(child as Json, `${path}/${escaped(key)}`),
    ),
  ];
}

function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** A copy of `document` without what is at `path`. */
function without(document: Json, path: string): Json {
  const copy = structuredClone(document);
  const keys = path
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = keys.pop() as string;
  let node = copy as never;
  for (const key of keys) node = node[key];
  if (Array.isArray(node)) (node as Json[]).splice(Number(last), 1);
  else delete node[last];
  return copy;
}
