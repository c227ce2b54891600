/** Keeps the client-storage vars of the app where each belongs: in the browser. */
import type { Json, JsonObject, StorageVar, Stored } from "./protocol.js";

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
  readonly cookies: { cookie: string } | null;
}

export class KeptVars {
  readonly #browser: Browser;
  #vars: readonly StorageVar[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** The app's vars are these from now on: what the browser has of them. */
  recall(vars: readonly StorageVar[]): Stored {
    this.#vars = vars;
    const stored: Record<string, Record<string, string>> = {};
    for (const of of vars) {
      const value = this.#read(of);
      if (value !== null) (stored[of.s] ??= {})[of.v] = value;
    }
    return stored;
  }

  /** Keeps what the server has changed. `view`: what the page sees of a state. */
  keep(view: (state: string) => JsonObject | undefined): void {
    for (const of of this.#vars) {
      const value: Json | undefined = view(of.s)?.[of.v];
      if (typeof value === "string" && value !== (this.#read(of) ?? "")) this.#write(of, value);
    }
  }

  /** Another tab has changed this key: what the server must hear of it, if anything. */
  changed(key: string, value: string | null): Stored | undefined {
    const of = this.#vars.find((v) => v.in === "local" && v.sync && v.key === key);
    return of && { [of.s]: { [of.v]: value } };
  }

  #read(of: StorageVar): string | null {
    try {
      if (of.in !== "cookie") return this.#browser[of.in]?.getItem(of.key) ?? null;
      const name = encodeURIComponent(of.key) + "=";
      const found = this.#browser.cookies?.cookie.split("; ").find((c) => c.startsWith(name));
      return found === undefined ? null : decodeURIComponent(found.slice(name.length));
    } catch {
      return null; // Forbidden, or not ours.
    }
  }

  #write(of: StorageVar, value: string): void {
    try {
      if (of.in !== "cookie") this.#browser[of.in]?.setItem(of.key, value);
      else if (this.#browser.cookies) this.#browser.cookies.cookie = cookie(of, value);
    } catch {
      // Full or forbidden: the value lasts as long as this client.
    }
  }
}

function cookie(of: StorageVar, value: string): string {
  const parts = [`${encodeURIComponent(of.key)}=${encodeURIComponent(value)}`];
  if (of.path !== undefined) parts.push(`Path=${of.path}`);
  if (of.max_age !== undefined) parts.push(`Max-Age=${of.max_age}`);
  if (of.domain !== undefined) parts.push(`Domain=${of.domain}`);
  if (of.same_site !== undefined) parts.push(`SameSite=${of.same_site}`);
  if (of.secure) parts.push("Secure");
  return parts.join("; ");
}
