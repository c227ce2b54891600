/** The frames of `docs/protocol.md` as types, and its constants. Nothing here runs. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** RFC 6902, and `append` (to the string at `path`). */
export type Op =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move"; readonly from: string; readonly path: string }
  | { readonly op: "append"; readonly path: string; readonly value: string };

/** Instance and revision. */
export type Pair = readonly [instance: number, revision: number];

export interface ServerHello {
  readonly token: string;
  readonly secret: string;
  readonly boot: string;
  readonly resumed: boolean;
  /** The highest event id that the server received from this identity. */
  readonly last: number;
  /** The client-storage vars of the app; the client answers with a `stored` frame. */
  readonly storage?: readonly StorageVar[];
}

/** A var that the browser keeps, and where. */
export interface StorageVar {
  /** State and var. */
  readonly s: string;
  readonly v: string;
  readonly in: "local" | "session" | "cookie";
  readonly key: string;
  /** `local`: a change in one tab reaches the others. */
  readonly sync?: boolean;
  /** The others: of a cookie. `max_age` in seconds. */
  readonly path?: string;
  readonly max_age?: number;
  readonly domain?: string;
  readonly secure?: boolean;
  readonly same_site?: string;
}

/** What the browser keeps, by state and var; null: it was removed. */
export type Stored = Readonly<Record<string, Readonly<Record<string, string | null>>>>;

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
  /** 0: of no event that this client sent. */
  readonly x: number;
  readonly c: string;
  readonly m: string;
  readonly f?: readonly Pair[];
}

export type ServerFrame =
  | { readonly hello: ServerHello }
  | Snapshot
  | Patch
  | Acknowledgement
  | Failure
  | { readonly hydrated: true }
  | Emission
  | Redirect;

/** A named event of the server for the page. */
export interface Emission {
  readonly emit: string;
  readonly d: Json;
}

/** The server sends the page elsewhere: to a path of the app, or, `external`, to any address. */
export interface Redirect {
  readonly redirect: string;
  readonly external: boolean;
  readonly replace: boolean;
}

export const SUBPROTOCOL = "statelink.v1.json";
/** What this client understands; `storage` only where there is a browser to keep something. */
export const CAPS: readonly string[] = ["append"];
export const STORAGE_CAP = "storage";

/** Close codes after which the client ends: it has a bug, or it is done. */
export const ENDING_CODES: ReadonlySet<number> = new Set([1000, 1002, 1003, 1007, 1009, 4400]);
/** Another session said hello with this identity: never use it again. */
export const SUPERSEDED = 4409;
/** What the client closes with when it cannot read the server. */
export const BAD_FRAME = 4400;
