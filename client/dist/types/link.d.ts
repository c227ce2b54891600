import type { Claimer } from "./claim.js";
import { StatelinkError } from "./errors.js";
import type { IdentityKeeper } from "./identity.js";
import type { KeptVars } from "./kept.js";
import type { Json, JsonObject, Redirect } from "./protocol.js";
import { type Status } from "./session.js";
import { type Listener, type Store, type Unsubscribe } from "./store.js";
import type { Transport, TransportEvents } from "./transport.js";
/** All that a link needs of the world around it. */
export interface Host {
    open(events: TransportEvents): Transport;
    readonly claim: Claimer;
    readonly identity: IdentityKeeper;
    /** Absent: client-storage vars last as long as the client. */
    readonly kept?: KeptVars;
    /** Where the page does not want to do it itself. */
    redirect(to: Redirect): void;
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
    /**
     * Tells the server that the page is at another path now, without a reload. Resolves when the
     * server has followed: its `on_load` handlers have run, and their changes are in the stores.
     */
    navigate(path: string): Promise<void>;
    /** Hears the events that the server emits by this name (`sl.emit`), with their payload. */
    on<T = Json>(name: string, listener: Listener<T>): Unsubscribe;
    /** Does redirects of the server (`sl.redirect`) in place of the browser's own navigation. */
    onRedirect(listener: Listener<Redirect>): Unsubscribe;
    /**
     * Hears of failures that answer no call of this page: of an event that a handler returned, of
     * `on_load`, of a background event. Without a listener they go to the console.
     */
    onError(listener: Listener<StatelinkError>): Unsubscribe;
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
