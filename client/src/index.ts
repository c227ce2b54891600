/**
 * START HERE. The browser client of statelink: the state objects of a server, kept up to date in
 * this page.
 *
 *     import { connect } from "/_statelink/client.js";
 *     const link = connect();
 *     const counter = link.state("CollaborativeCounter");
 *     counter.subscribe((value) => show(value.count));
 *     await link.call("CollaborativeCounter.set_count", { count: 5 });
 *
 * `session.ts` decides, `link.ts` carries out, `documents.ts` holds the values, `store.ts` shows
 * them.
 */
import { claim } from "./claim.js";
import { IdentityKeeper, type IdentityStorage } from "./identity.js";
import { KeptVars, type Browser } from "./kept.js";
import { Link } from "./link.js";
import type { Redirect } from "./protocol.js";
import { soon } from "./task.js";
import { WebSocketTransport } from "./transport.js";

export { StatelinkError, type ErrorCode } from "./errors.js";
export type { IdentityStorage } from "./identity.js";
export type { Link } from "./link.js";
export type { Json, JsonObject, Redirect } from "./protocol.js";
export type { Status } from "./session.js";
export type { Listener, Readable, Store, Unsubscribe } from "./store.js";
export * from "./types.js";

export interface ConnectOptions {
  /**
   * The server's socket, `ws:`, `http:` or relative to the page. Default: beside this file where
   * the server serves it as `/_statelink/client.js`, also below a path; else `/_statelink/ws` of
   * the page's host. Without a page (server-side rendering) nothing is connected by default.
   */
  readonly url?: string;
  /** Path of the page with its query, for the server's routes. Default: the page's own. */
  readonly path?: string;
  /** Where the identity outlives a reload. Default: the tab's `sessionStorage`. Null: nowhere. */
  readonly storage?: IdentityStorage | null;
  /**
   * Whether values are frozen, so that a page that writes to one gets an error. Default: on
   * `localhost` only, since it takes time.
   */
  readonly freeze?: boolean;
}

/**
 * Connects this page, and connects it again whenever the connection is lost, until `link.close()`.
 */
export function connect(options: ConnectOptions = {}): Link {
  const url = socketUrl(options.url);
  const { storage = storageOf("sessionStorage"), path = here(), freeze = isLocal() } = options;
  const link = new Link(
    {
      open: (events) => (url ? new WebSocketTransport(url, events) : { send() {}, close() {} }),
      claim,
      identity: new IdentityKeeper(storage, url ?? ""),
      kept: new KeptVars(browser()),
      freeze,
      redirect,
      now: () => performance.now(),
      random: Math.random,
      after: (ms, run) => {
        if (!url) return () => {};
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      defer: soon,
    },
    path,
  );
  watchPage(link);
  return link;
}

/** Undefined where there is no page, and hence no server that could be meant. */
function socketUrl(given: string | undefined): string | undefined {
  const page = globalThis.location?.href;
  // Where the server is mounted below a path, so is this file. A bundle may come from anywhere.
  const beside = /^https?:.*\/_statelink\/[^/]*$/.test(import.meta.url);
  if (given === undefined && beside)
    return new URL("ws", import.meta.url).href.replace(/^http/, "ws");
  if (given === undefined && !page) return undefined;
  const url = new URL(given ?? "/_statelink/ws", page);
  url.hash = "";
  return url.href.replace(/^http/, "ws");
}

function isLocal(): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])$/.test(globalThis.location?.hostname ?? "");
}

function here(): string {
  const { pathname = "/", search = "" } = globalThis.location ?? {};
  return pathname + search;
}

function browser(): Browser {
  return {
    local: storageOf("localStorage"),
    session: storageOf("sessionStorage"),
    cookies: globalThis.document ?? null,
  };
}

/** Null where the page may not use it. */
function storageOf(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}

function redirect({ redirect: to, replace }: Redirect): void {
  if (replace) globalThis.location?.replace(to);
  else globalThis.location?.assign(to);
}

function watchPage(link: Link): void {
  if (!globalThis.addEventListener) return;
  const watching = new AbortController();
  const { signal } = watching;
  addEventListener("pagehide", () => link.hide(), { signal });
  addEventListener("pageshow", () => link.show(), { signal });
  addEventListener("online", () => link.hurry(), { signal });
  addEventListener("storage", ({ key, newValue }) => key && link.storageChanged(key, newValue), {
    signal,
  });
  link.onStatus((status) => {
    if (status === "closed") watching.abort();
  });
}
