/**
 * `statelink/react`: the stores of a link as hooks.
 *
 *     const link = connect();
 *     <StatelinkProvider link={link}><App /></StatelinkProvider>
 *
 *     const count = useShared("Room", (room) => room.count);
 */
import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";
import type { Link, UntypedLink } from "./link.js";
import type { Json } from "./protocol.js";
import { Selection } from "./selection.js";
import type { Status } from "./session.js";
import type { Listener } from "./store.js";
import type { StateKey, StateName, Vars } from "./types.js";

const LinkContext = createContext<Link | undefined>(undefined);

export interface StatelinkProviderProps {
  readonly link: Link;
  readonly children?: ReactNode;
}

/** Gives `link` to the hooks of all components below it. */
export function StatelinkProvider({ link, children }: StatelinkProviderProps): ReactElement {
  return createElement(LinkContext.Provider, { value: link }, children);
}

/** The link of the nearest `StatelinkProvider`. */
export function useLink(): Link {
  const link = useContext(LinkContext);
  if (!link)
    throw new Error(
      "there is no StatelinkProvider above this component: write <StatelinkProvider link={connect()}> around the app, with the link made outside of components",
    );
  return link;
}

/**
 * The values of a state, or what `selector` makes of them; undefined until the server has sent
 * them. The component renders again when the result has changed: when it is another value, or an
 * array or plain object with other entries. The selector may be made anew at each render.
 */
export function useShared<V>(state: StateKey<V>): V | undefined;
export function useShared<V, R>(state: StateKey<V>, selector: (values: V) => R): R | undefined;
export function useShared<N extends StateName>(state: N): Vars<N> | undefined;
export function useShared<N extends StateName, R>(
  state: N,
  selector: (values: Vars<N>) => R,
): R | undefined;
export function useShared(state: string, selector?: (values: unknown) => unknown): unknown {
  const store = (useLink() as UntypedLink).state(state);
  // What was last shown: a selector made anew gives it again where its result is the same.
  const shown = useRef<unknown>(undefined);
  const { getSnapshot } = useMemo(
    () => (selector ? new Selection(store, selector, shown.current) : store),
    [store, selector],
  );
  // Not the selection's `subscribe`: React itself looks whether the snapshot has changed, and knows
  // what to do where a selector throws because a parent is about to take its component away.
  const value = useSyncExternalStore(store.subscribe, getSnapshot, nothing);
  useEffect(() => {
    shown.current = value;
  }, [value]);
  return value;
}

/** The status of the connection. */
export function useStatus(): Status {
  const link = useLink();
  const subscribe = useCallback((changed: () => void) => link.onStatus(changed), [link]);
  return useSyncExternalStore(
    subscribe,
    () => link.status,
    () => "connecting",
  );
}

/**
 * Hears the events that the server emits by this name (`sl.emit`) while the component is mounted.
 * The listener may be made anew at each render: the newest one is called.
 */
export function useEvent<T = Json>(name: string, listener: Listener<T>): void {
  const link = useLink();
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => link.on<T>(name, (payload) => newest.current(payload)), [link, name]);
}

/** What a server renders, and a page that takes over what a server has rendered. */
function nothing(): undefined {
  return undefined;
}
