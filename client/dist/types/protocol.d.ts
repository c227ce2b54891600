/** The frames of `docs/protocol.md` as types, and its constants. Nothing here runs. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
    readonly [key: string]: Json;
}
/** RFC 6902, and `append` (to the string at `path`). */
export type Op = {
    readonly op: "add" | "replace";
    readonly path: string;
    readonly value: Json;
} | {
    readonly op: "remove";
    readonly path: string;
} | {
    readonly op: "move";
    readonly from: string;
    readonly path: string;
} | {
    readonly op: "append";
    readonly path: string;
    readonly value: string;
};
/** Instance and revision. */
export type Pair = readonly [instance: number, revision: number];
export interface ServerHello {
    readonly token: string;
    readonly secret: string;
    readonly boot: string;
    readonly resumed: boolean;
    /** The highest event id that the server received from this identity. */
    readonly last: number;
}
export interface Snapshot {
    readonly s: string;
    readonly i: number;
    readonly r: number;
    /** 1: an overlay. */
    readonly o?: number;
    readonly v: JsonObject;
}
export interface Patch {
    readonly i: number;
    readonly r: number;
    readonly p: readonly Op[];
}
export interface Acknowledgement {
    readonly a: number | readonly [first: number, last: number];
    readonly f?: readonly Pair[];
}
export interface Failure {
    readonly x: number;
    readonly c: string;
    readonly m: string;
    readonly f?: readonly Pair[];
}
export type ServerFrame = {
    readonly hello: ServerHello;
} | Snapshot | Patch | Acknowledgement | Failure | {
    readonly hydrated: true;
};
export declare const SUBPROTOCOL = "statelink.v1.json";
export declare const CAPS: readonly string[];
/** Close codes after which the client ends: it has a bug, or it is done. */
export declare const ENDING_CODES: ReadonlySet<number>;
/** Another session said hello with this identity: never use it again. */
export declare const SUPERSEDED = 4409;
/** What the client closes with when it cannot read the server. */
export declare const BAD_FRAME = 4400;
