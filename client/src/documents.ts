/**
 * What this client holds: for each state its newest instance, perhaps an overlay, each at a
 * revision.
 */
import { applyPatch } from "./apply.js";
import type { JsonObject, Pair, Patch, Snapshot } from "./protocol.js";
import { same, share } from "./share.js";

interface Document {
  readonly state: string;
  readonly instance: number;
  revision: number;
  values: JsonObject;
  /** A snapshot was asked for: patches are ignored until it comes. */
  resync: boolean;
}

interface Layers {
  base?: Document;
  overlay?: Document;
  /** The overlay laid over the instance, as last viewed. */
  laid?: JsonObject;
}

export class Documents {
  readonly #byInstance = new Map<number, Document>();
  readonly #byState = new Map<string, Layers>();
  #changed = new Set<string>();

  introduce({ s, i, r, o, v }: Snapshot): void {
    let layers = this.#byState.get(s);
    if (!layers) this.#byState.set(s, (layers = {}));
    const layer = o ? "overlay" : "base";
    const old = layers[layer];
    if (old && this.#holds(old)) this.#byInstance.delete(old.instance);
    delete layers[layer];
    this.#changed.add(s);
    if (o && Object.keys(v).length === 0) return;
    const values = share(old?.values, v) as JsonObject;
    const document = { state: s, instance: i, revision: r, values, resync: false };
    layers[layer] = document;
    this.#byInstance.set(i, document);
  }

  /**
   * False: the patch does not fit, a snapshot must be asked for. Patches of no concern are dropped.
   */
  patch({ i, r, p }: Patch): boolean {
    const document = this.#byInstance.get(i);
    if (!document || document.resync || r <= document.revision) return true;
    if (r === document.revision + 1) {
      try {
        document.values = applyPatch(document.values, p) as JsonObject;
        document.revision = r;
        this.#changed.add(document.state);
        return true;
      } catch {
        // As if it had not come.
      }
    }
    document.resync = true;
    return false;
  }

  /**
   * Whether frames up to `revision` of `instance` are still to come (not for an instance that is
   * not held).
   */
  lacks([instance, revision]: Pair): boolean {
    return (this.#byInstance.get(instance)?.revision ?? Infinity) < revision;
  }

  /** Marks an instance that lacks frames as in resync. True where that is news. */
  expectSnapshot(instance: number): boolean {
    const document = this.#byInstance.get(instance);
    if (!document || document.resync) return false;
    return (document.resync = true);
  }

  get resyncing(): boolean {
    return [...this.#byInstance.values()].some((document) => document.resync);
  }

  /** For the hello of a resume. An instance in resync is left out: it needs a snapshot anyway. */
  have(): Pair[] {
    return [...this.#byInstance.values()]
      .filter((d) => !d.resync)
      .map((d) => [d.instance, d.revision]);
  }

  /**
   * The server that gave the instance numbers is gone: they mean nothing now. Values can still be
   * viewed, until `prune`.
   */
  forget(): void {
    this.#byInstance.clear();
  }

  /** Ends the values that no snapshot has introduced since `forget`. */
  prune(): void {
    for (const [state, layers] of this.#byState) {
      for (const layer of ["base", "overlay"] as const) {
        const document = layers[layer];
        if (!document || this.#holds(document)) continue;
        delete layers[layer];
        this.#changed.add(state);
      }
      if (!layers.base && !layers.overlay) this.#byState.delete(state);
    }
  }

  /**
   * What the page sees of a state: the overlay laid over the instance. The same object as before
   * where nothing in it has changed.
   */
  view(state: string): JsonObject | undefined {
    const layers = this.#byState.get(state);
    if (!layers?.overlay) return layers?.base?.values;
    const laid = { ...layers.base?.values, ...layers.overlay.values };
    return same(laid, layers.laid) ? layers.laid : (layers.laid = laid);
  }

  /** The states whose view has changed since the last call. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  #holds(document: Document): boolean {
    return this.#byInstance.get(document.instance) === document;
  }
}
