/**
 * `statelink/vue`: the stores of a link as composables.
 *
 *     createApp(App).use(createStatelink(connect())).mount("#app");
 *
 *     const count = useShared("Room", (room) => room.count);   // in setup; a ref
 */
import {
  inject,
  onScopeDispose,
  shallowReadonly,
  shallowRef,
  type InjectionKey,
  type Plugin,
  type ShallowRef,
} from "vue";
import type { Link, UntypedLink } from "./link.js";
import type { Json } from "./protocol.js";
import type { Status } from "./session.js";
import type { Listener, Unsubscribe } from "./store.js";
import type { StateKey, StateName, Vars } from "./types.js";

const linkKey: InjectionKey<Link> = Symbol("statelink");

/** A plugin that gives `link` to the composables of all components of an app. */
export function createStatelink(link: Link): Plugin {
  return {
    install(app) {
      app.provide(linkKey, link);
    },
  };
}

/** The link of the app. */
export function useLink(): Link {
  const link = inject(linkKey, undefined);
  if (!link)
    throw new Error(
      "this app has no link: write app.use(createStatelink(connect())) before app.mount, and call this in setup",
    );
  return link;
}

/**
 * The values of a state, or what `selector` makes of them; undefined until the server has sent
 * them. The ref changes when the result does: when it is another value, or an array or plain object
 * with other entries. It ends with the component or effect scope.
 */
export function useShared<V>(state: StateKey<V>): Readonly<ShallowRef<V | undefined>>;
export function useShared<V, R>(
  state: StateKey<V>,
  selector: (values: V) => R,
): Readonly<ShallowRef<R | undefined>>;
export function useShared<N extends StateName>(state: N): Readonly<ShallowRef<Vars<N> | undefined>>;
export function useShared<N extends StateName, R>(
  state: N,
  selector: (values: Vars<N>) => R,
): Readonly<ShallowRef<R | undefined>>;
export function useShared(
  state: string,
  selector?: (values: unknown) => unknown,
): Readonly<ShallowRef<unknown>> {
  const store = (useLink() as UntypedLink).state(state);
  const readable = selector ? store.select(selector) : store;
  return follow(readable.getSnapshot, readable.subscribe);
}

/** The status of the connection. */
export function useStatus(): Readonly<ShallowRef<Status>> {
  const link = useLink();
  return follow(
    () => link.status,
    (listener) => link.onStatus(listener),
  );
}

/**
 * Hears the events that the server emits by this name (`sl.emit`), for as long as the component or
 * effect scope lives.
 */
export function useEvent<T = Json>(name: string, listener: Listener<T>): void {
  const link = useLink();
  whileAlive(() => link.on(name, listener));
}

function follow<T>(
  getSnapshot: () => T,
  subscribe: (listener: Listener<T>) => Unsubscribe,
): Readonly<ShallowRef<T>> {
  const ref = shallowRef(getSnapshot()) as ShallowRef<T>;
  whileAlive(() => subscribe((value) => (ref.value = value)));
  return shallowReadonly(ref);
}

function whileAlive(subscribe: () => Unsubscribe): void {
  // A server that renders ends no scopes.
  if (globalThis.document) onScopeDispose(subscribe());
}
