/** Keeps the identity of this tab over a reload, in the tab's storage. */
import type { Identity } from "./session.js";
/** What is used of the browser's `Storage`. */
export interface IdentityStorage {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
}
export declare class IdentityKeeper {
    #private;
    /** One identity for each server `url`. Without storage nothing is kept. */
    constructor(storage: IdentityStorage | null, url: string);
    load(): Identity | undefined;
    save(identity: Identity): void;
    forget(): void;
}
