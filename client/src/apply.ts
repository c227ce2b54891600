/** RFC 6902 and string append onto immutable values. */
import type { Json, JsonObject, Op } from "./protocol.js";
import { share } from "./share.js";

type Container = Json[] | { [key: string]: Json };

/**
 * `value` with all of `ops` done, in order. `value` itself is never changed: branches that no
 * operation changes keep their identity in the result, the others are copied once. Throws where an
 * operation does not apply.
 */
export function applyPatch(value: Json, ops: readonly Op[]): Json {
  const edit = new Edit(value);
  for (const op of ops) edit.run(op);
  return edit.root;
}

class Edit {
  root: Json;
  /** Containers copied by this edit, which it may change. */
  readonly #owned = new Set<Json>();

  constructor(root: Json) {
    this.root = root;
  }

  run(op: Op): void {
    const path = parse(op.path);
    switch (op.op) {
      case "add":
        return this.#add(path, op.value);
      case "replace":
        return this.#replace(path, op.value);
      case "remove":
        this.#remove(path);
        return;
      case "move": {
        const from = parse(op.from);
        if (path.length > from.length && from.every((key, n) => key === path[n])) fail(op.path);
        return this.#add(path, this.#remove(from));
      }
      case "append": {
        const text = this.#get(path);
        if (typeof text !== "string" || typeof op.value !== "string") fail(op.path);
        return this.#replace(path, text + op.value);
      }
      default:
        fail((op as { op: string }).op);
    }
  }

  #get(path: readonly string[]): Json {
    let node = this.root;
    for (const key of path) node = child(node, key);
    return node;
  }

  #add(path: readonly string[], value: Json): void {
    if (path.length === 0) {
      this.root = value;
      return;
    }
    const [parent, key] = this.#parent(path);
    if (!Array.isArray(parent)) put(parent, key, value);
    else parent.splice(key === "-" ? parent.length : index(key, parent.length), 0, value);
  }

  #replace(path: readonly string[], value: Json): void {
    const old = this.#get(path);
    const shared = share(old, value);
    if (Object.is(shared, old)) return;
    if (path.length === 0) {
      this.root = shared;
      return;
    }
    const [parent, key] = this.#parent(path);
    put(parent, key, shared);
  }

  #remove(path: readonly string[]): Json {
    if (path.length === 0) fail("");
    const [parent, key] = this.#parent(path);
    const value = child(parent, key);
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    return value;
  }

  /**
   * The container that holds the last key of `path`, and that key; it and all above it are this
   * edit's own.
   */
  #parent(path: readonly string[]): [Container, string] {
    let node = this.#own(this.root);
    this.root = node;
    for (const key of path.slice(0, -1)) {
      const next = this.#own(child(node, key));
      put(node, key, next);
      node = next;
    }
    return [node, path[path.length - 1] as string];
  }

  #own(node: Json): Container {
    if (typeof node !== "object" || node === null) fail(String(node));
    if (this.#owned.has(node)) return node as Container;
    const copy: Container = Array.isArray(node) ? node.slice() : { ...(node as JsonObject) };
    this.#owned.add(copy);
    return copy;
  }
}

/** RFC 6901: the keys of a pointer. */
function parse(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) fail(pointer);
  return pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function child(node: Json, key: string): Json {
  if (Array.isArray(node)) return (node as readonly Json[])[index(key, node.length - 1)] as Json;
  // Own keys only: what an object inherits is no value of the document.
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) fail(key);
  return (node as JsonObject)[key] as Json;
}

function put(node: Container, key: string, value: Json): void {
  if (key !== "__proto__") (node as { [key: string]: Json })[key] = value;
  // An assignment would set the prototype.
  else
    Object.defineProperty(node, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
}

/** `key` as an array index of at most `last`. */
function index(key: string, last: number): number {
  if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) > last) fail(key);
  return Number(key);
}

function fail(where: string): never {
  throw new RangeError("patch does not apply at " + where);
}
