/**
 * `statelink/svelte`: the stores of a link by the contract of Svelte's stores, for `$store` in
 * components, `fromStore` in runes, and `svelte/store`.
 *
 *     const count = shared(link, "Room", (room) => room.count);
 *     {$count}
 */
import type { Link, UntypedLink } from "./link.js";
import type { Status } from "./session.js";
import type { Listener, Unsubscribe } from "./store.js";
import type { StateKey, StateName, Vars } from "./types.js";

/** What Svelte calls `Readable`: a subscriber hears the value at once, and each one after it. */
export interface SvelteReadable<T> {
  subscribe(run: Listener<T>): Unsubscribe;
}

/**
 * The values of a state, or what `selector` makes of them; undefined until the server has sent
 * them. Subscribers hear of it when the result has changed: when it is another value, or an array
 * or plain object with other entries.
 */
export function shared<V>(link: Link, state: StateKey<V>): SvelteReadable<V | undefined>;
export function shared<V, R>(
  link: Link,
  state: StateKey<V>,
  selector: (values: V) => R,
): SvelteReadable<R | undefined>;
export function shared<N extends StateName>(
  link: Link,
  state: N,
): SvelteReadable<Vars<N> | undefined>;
export function shared<N extends StateName, R>(
  link: Link,
  state: N,
  selector: (values: Vars<N>) => R,
): SvelteReadable<R | undefined>;
export function shared(
  link: Link,
  state: string,
  selector?: (values: unknown) => unknown,
): SvelteReadable<unknown> {
  const store = (link as UntypedLink).state(state);
  const readable = selector ? store.select(selector) : store;
  return announcing(readable.getSnapshot, readable.subscribe);
}

/** The status of the connection. */
export function status(link: Link): SvelteReadable<Status> {
  return announcing(
    () => link.status,
    (listener) => link.onStatus(listener),
  );
}

function announcing<T>(
  getSnapshot: () => T,
  subscribe: (listener: Listener<T>) => Unsubscribe,
): SvelteReadable<T> {
  return {
    subscribe(run) {
      const unsubscribe = subscribe(run);
      run(getSnapshot());
      return unsubscribe;
    },
  };
}
