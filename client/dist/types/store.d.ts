/**
 * One state as the page sees it: a value that never changes in place, and who wants to hear of the
 * next one.
 */
import type { JsonObject } from "./protocol.js";
export type Listener<T> = (value: T) => void;
export type Unsubscribe = () => void;
/**
 * Functions that want to hear of something. One that throws is reported and does not stop the
 * others.
 */
export declare class Listeners<T> {
    #private;
    add(listener: Listener<T>): Unsubscribe;
    get any(): boolean;
    tell(value: T): void;
}
/**
 * `subscribe` and `getSnapshot` fit React's `useSyncExternalStore` and may be passed around
 * unbound. Between two notifications `value` is the same object; in the next one, branches that did
 * not change keep their identity.
 */
export declare class Store<T = JsonObject> {
    #private;
    /** Undefined until the server has introduced all that the page begins with. */
    get value(): T | undefined;
    readonly getSnapshot: () => T | undefined;
    readonly subscribe: (listener: Listener<T | undefined>) => Unsubscribe;
}
/** All stores of one link, by state name. */
export declare class Stores {
    #private;
    get<T>(state: string): Store<T>;
    /** Shows the new values of `states` all at once, then tells each store's listeners once. */
    publish(states: Iterable<string>, view: (state: string) => unknown): void;
}
