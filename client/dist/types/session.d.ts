import { type Settlement } from "./calls.js";
import { Documents } from "./documents.js";
import { type Emission, type Failure, type Redirect, type StorageVar, type Stored } from "./protocol.js";
/** Who this client is to the server. */
export interface Identity {
    readonly token: string;
    readonly secret: string;
    readonly boot: string;
    /** The highest event id below or at which every event was answered. */
    readonly acked: number;
}
/**
 * `connecting`: no values yet. `live`: up to date. `resyncing`: connected, but a snapshot of some
 * state is awaited. `stale`: the connection was lost, the values are those from before. `closed`:
 * for good.
 */
export type Status = "connecting" | "live" | "resyncing" | "stale" | "closed";
export type Action = 
/** Open a socket; answer with `opened` or `closed`. */
{
    readonly do: "open";
} | {
    readonly do: "send";
    readonly text: string;
}
/** Close the socket and report nothing more of it. */
 | {
    readonly do: "close";
    readonly code: number;
    readonly reason: string;
}
/** Call `timer` after so many ms; in place of an earlier schedule. */
 | {
    readonly do: "schedule";
    readonly ms: number;
}
/** Call no `timer`. */
 | {
    readonly do: "unschedule";
}
/**
 * The server has said who we are; `replaced`: somebody else than before. Keep it for a reload.
 */
 | {
    readonly do: "identify";
    readonly replaced: boolean;
}
/** The identity is another session's now: keep it no longer. */
 | {
    readonly do: "forget";
}
/** Calls were answered, and what the answers follow is in `documents`. */
 | {
    readonly do: "settle";
    readonly settlements: readonly Settlement[];
}
/** The app has these client-storage vars: answer with `stored`. */
 | {
    readonly do: "recall";
    readonly vars: readonly StorageVar[];
}
/** For the page, after the values that have come before. */
 | {
    readonly do: "tell";
    readonly news: Emission | Redirect | Failure;
}
/** All navigations so far have arrived. */
 | {
    readonly do: "arrive";
};
/** Milliseconds from `open` to the server's hello; after that the connection counts as lost. */
export declare const GREETING_MS = 15000;
export interface SessionOptions {
    readonly path: string;
    /** Whether there is a browser that keeps client-storage vars. */
    readonly stores?: boolean;
    /** In [0, 1), for the back-off. */
    readonly random: () => number;
}
export declare class Session {
    #private;
    readonly documents: Documents;
    constructor({ path, stores, random }: SessionOptions);
    get identity(): Identity | undefined;
    get status(): Status;
    /** Everything that this client sees was introduced at least once. */
    get hydrated(): boolean;
    /** Whether the page may show what has come: never a part of what a page begins with. */
    get presentable(): boolean;
    /** Once. `identity`: the one to go on with, if any. */
    start(identity?: Identity): readonly Action[];
    opened(): readonly Action[];
    /** The socket was closed, or could not be opened. `now`: ms of any steady clock. */
    closed(code: number, reason: string, now: number): readonly Action[];
    frame(text: string, now: number): readonly Action[];
    /** The page has reason to believe that waiting is over, say the network is back. */
    hurry(): readonly Action[];
    /** What was scheduled is due. */
    timer(now: number): readonly Action[];
    /**
     * Calls an event handler; the action `settle` will name the ticket. Throws where `args` is not a
     * JSON object.
     */
    call(handler: string, args?: object): {
        readonly ticket: number;
        readonly actions: readonly Action[];
    };
    /** The page is at another path now; the action `arrive` says when the server has followed. */
    navigate(path: string): readonly Action[];
    /** What the browser keeps: all of it after `recall`, later what another tab has changed. */
    stored(values: Stored): readonly Action[];
    /** The page wants no more of it. */
    close(): readonly Action[];
}
