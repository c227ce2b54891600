/** A part of a store, as a store. */
import { same } from "./share.js";
import type { Listener, Readable, Unsubscribe } from "./store.js";

/**
 * What `selector` makes of the value of `store`; undefined while the store has none. The selector
 * runs once for each value of the store; a result that is the same as the one before, or has the
 * same entries, is the one before.
 */
export class Selection<T, R> implements Readable<R | undefined> {
  readonly #store: Readable<T | undefined>;
  readonly #selector: (value: T) => R;
  #seen: T | undefined;
  #selected: R | undefined;

  /** `before`: a result of an earlier selection, which counts as the one before. */
  constructor(store: Readable<T | undefined>, selector: (value: T) => R, before?: R) {
    this.#store = store;
    this.#selector = selector;
    this.#selected = before;
  }

  get value(): R | undefined {
    return this.getSnapshot();
  }

  readonly getSnapshot = (): R | undefined => {
    const value = this.#store.getSnapshot();
    if (value === undefined) return (this.#seen = this.#selected = undefined);
    if (value !== this.#seen) {
      const selected = this.#selector(value);
      this.#seen = value;
      if (!same(selected, this.#selected)) this.#selected = selected;
    }
    return this.#selected;
  };

  readonly subscribe = (listener: Listener<R | undefined>): Unsubscribe => {
    let told = this.getSnapshot();
    return this.#store.subscribe(() => {
      const selected = this.getSnapshot();
      if (Object.is(selected, told)) return;
      told = selected;
      listener(selected);
    });
  };
}
