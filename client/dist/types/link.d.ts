import type { Claimer } from "./claim.js";
import type { IdentityKeeper } from "./identity.js";
import type { JsonObject } from "./protocol.js";
import { type Status } from "./session.js";
import { type Listener, type Store, type Unsubscribe } from "./store.js";
import type { Transport, TransportEvents } from "./transport.js";
/** All that a link needs of the world around it. */
export interface Host {
    open(events: TransportEvents): Transport;
    readonly claim: Claimer;
    readonly identity: IdentityKeeper;
    /** Steady ms. */
    now(): number;
    /** In [0, 1). */
    random(): number;
    /** Runs `run` once after `ms`; the result cancels it. */
    after(ms: number, run: () => void): () => void;
    /** Runs `later` soon: when the frames that have arrived together have been read. */
    defer(later: () => void): void;
}
export declare class Link {
    #private;
    /**
     * Resolves when everything that this client sees has been introduced; rejects where the link is
     * closed before.
     */
    readonly hydrated: Promise<void>;
    get status(): Status;
    /** The public identity of this client; undefined before the server has given one. */
    get clientToken(): string | undefined;
    /** The store of a state, by its name; the same one at every call. */
    state<T = JsonObject>(name: string): Store<T>;
    /**
     * Calls an event handler of the server, as `State.handler`. Resolves when the handler has run and
     * what it changed is in the stores; rejects with a `StatelinkError`. While the connection is
     * lost, calls wait for the next one.
     */
    call(handler: string, args?: object): Promise<void>;
    onStatus(listener: Listener<Status>): Unsubscribe;
    /**
     * Tells the new client token when the server gave this page another identity than it had: it
     * restarted, or another tab took the identity. Calls under way were rejected with
     * `identity_lost`; values are defaults, links are gone.
     */
    onIdentity(listener: Listener<string>): Unsubscribe;
    /** For good. A later `connect` of this tab goes on with the identity. */
    close(): void;
}
