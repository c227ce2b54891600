import { type IdentityStorage } from "./identity.js";
import { Link } from "./link.js";
export { StatelinkError } from "./errors.js";
export type { IdentityStorage } from "./identity.js";
export type { Link } from "./link.js";
export type { Json, JsonObject, Redirect } from "./protocol.js";
export type { Status } from "./session.js";
export type { Listener, Store, Unsubscribe } from "./store.js";
export interface ConnectOptions {
    /**
     * The server's socket, `ws:`, `http:` or relative to the page. Default: `/_statelink/ws` where
     * this file came from.
     */
    readonly url?: string;
    /** Path of the page with its query, for the server's routes. Default: the page's own. */
    readonly path?: string;
    /** Where the identity outlives a reload. Default: the tab's `sessionStorage`. Null: nowhere. */
    readonly storage?: IdentityStorage | null;
}
/**
 * Connects this page, and connects it again whenever the connection is lost, until `link.close()`.
 */
export declare function connect(options?: ConnectOptions): Link;
