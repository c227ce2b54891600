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
export function connect(options: ConnectOptions = {}): Link {
  const url = socketUrl(options.url);
  const { storage = storageOf("sessionStorage"), path = here() } = options;
  const link = new Link(
    {
      open: (events) => new WebSocketTransport(url, events),
      claim,
      identity: new IdentityKeeper(storage, url),
      kept: new KeptVars(browser()),
      redirect,
      now: () => performance.now(),
      random: Math.random,
      after: (ms, run) => {
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

function socketUrl(given: string | undefined): string {
  // Where the server is mounted below a path, so is this file.
  const beside = /\/_statelink\/[^/]*$/.test(import.meta.url);
  const url =
    given === undefined
      ? new URL(beside ? "ws" : "/_statelink/ws", import.meta.url)
      : new URL(given, globalThis.location?.href);
  url.hash = "";
  return url.href.replace(/^http/, "ws");
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
