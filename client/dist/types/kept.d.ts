/** Keeps the client-storage vars of the app where each belongs: in the browser. */
import type { JsonObject, StorageVar, Stored } from "./protocol.js";
/** What is used of a browser's `Storage`. */
export interface KeyValues {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
}
/** Where the browser keeps things; null: it does not. */
export interface Browser {
    readonly local: KeyValues | null;
    readonly session: KeyValues | null;
    /** Reads and writes cookies as `document.cookie` does. */
    readonly cookies: {
        cookie: string;
    } | null;
}
export declare class KeptVars {
    #private;
    constructor(browser: Browser);
    /** The app's vars are these from now on: what the browser has of them. */
    recall(vars: readonly StorageVar[]): Stored;
    /** Keeps what the server has changed. `view`: what the page sees of a state. */
    keep(view: (state: string) => JsonObject | undefined): void;
    /** Another tab has changed this key: what the server must hear of it, if anything. */
    changed(key: string, value: string | null): Stored | undefined;
}
