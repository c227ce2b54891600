/**
 * One state as the page sees it: a value that never changes in place, and who wants to hear of the
 * next one.
 */
import type { JsonObject } from "./protocol.js";
import { Selection } from "./selection.js";
import { freeze } from "./share.js";

export type Listener<T> = (value: T) => void;
export type Unsubscribe = () => void;

/**
 * Functions that want to hear of something. One that throws is reported and does not stop the
 * others.
 */
export class Listeners<T> {
  readonly #all = new Set<{ readonly listener: Listener<T> }>();

  add(listener: Listener<T>): Unsubscribe {
    const entry = { listener };
    this.#all.add(entry);
    return () => void this.#all.delete(entry);
  }

  get any(): boolean {
    return this.#all.size > 0;
  }

  tell(value: T): void {
    for (const entry of [...this.#all]) {
      if (!this.#all.has(entry)) continue;
      try {
        entry.listener(value);
      } catch (error) {
        (globalThis.reportError ?? console.error)(error);
      }
    }
  }
}

/**
 * The contract of all stores. `subscribe` and `getSnapshot` fit React's `useSyncExternalStore` and
 * may be passed around unbound. Between two notifications `value` is the same.
 */
export interface Readable<T> {
  readonly value: T;
  readonly getSnapshot: () => T;
  /** Calls `listener` with each new value; the result ends it. */
  readonly subscribe: (listener: Listener<T>) => Unsubscribe;
}

/**
 * The values of one state. In a new value, branches that did not change keep their identity.
 */
export class Store<T = JsonObject> implements Readable<T | undefined> {
  #value: T | undefined;
  readonly #listeners = new Listeners<T | undefined>();

  /** Undefined until the server has introduced all that the page begins with. */
  get value(): T | undefined {
    return this.#value;
  }

  readonly getSnapshot = (): T | undefined => this.#value;

  readonly subscribe = (listener: Listener<T | undefined>): Unsubscribe =>
    this.#listeners.add(listener);

  /**
   * A part of the values, as a store. Its listeners hear only when that part has changed: when
   * `selector` gives another value, or an array or plain object with other entries.
   */
  select<R>(selector: (value: T) => R): Readable<R | undefined> {
    return new Selection(this, selector);
  }

  /** @internal Shows `value`; `notify` afterwards, when all stores show what belongs together. */
  show(value: T | undefined): void {
    this.#value = value;
  }

  /** @internal */
  notify(): void {
    this.#listeners.tell(this.#value);
  }
}

/** All stores of one link, by state name. */
export class Stores {
  readonly #stores = new Map<string, Store<unknown>>();
  readonly #freeze: boolean;

  /** With `freeze` a page that writes to a value gets a `TypeError`. */
  constructor({ freeze = false } = {}) {
    this.#freeze = freeze;
  }

  get<T>(state: string): Store<T> {
    let store = this.#stores.get(state);
    if (!store) this.#stores.set(state, (store = new Store<unknown>()));
    return store as Store<T>;
  }

  /** Shows the new values of `states` all at once, then tells each store's listeners once. */
  publish(states: Iterable<string>, view: (state: string) => unknown): void {
    const changed: Store<unknown>[] = [];
    for (const state of states) {
      const store = this.get<unknown>(state);
      const value = view(state);
      if (value === store.value) continue;
      if (this.#freeze) freeze(value);
      store.show(value);
      changed.push(store);
    }
    for (const store of changed) store.notify();
  }
}
