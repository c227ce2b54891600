/** Keeps the identity of this tab over a reload, in the tab's storage. */
import type { Identity } from "./session.js";

/** What is used of the browser's `Storage`. */
export interface IdentityStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class IdentityKeeper {
  readonly #storage: IdentityStorage | null;
  readonly #key: string;

  /** One identity for each server `url`. Without storage nothing is kept. */
  constructor(storage: IdentityStorage | null, url: string) {
    this.#storage = storage;
    this.#key = "statelink " + url;
  }

  load(): Identity | undefined {
    try {
      const { token, secret, boot, acked } = JSON.parse(
        this.#storage?.getItem(this.#key) ?? "{}",
      ) as Partial<Identity>;
      // Anybody on this page can write there: what is not an identity must not reach the server,
      // which would close for good.
      if (typeof token !== "string" || typeof secret !== "string" || typeof boot !== "string")
        return undefined;
      if (!Number.isSafeInteger(acked) || (acked as number) < 0) return undefined;
      return { token, secret, boot, acked: acked as number };
    } catch {
      return undefined;
    }
  }

  save(identity: Identity): void {
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(identity));
    } catch {
      // Full or forbidden: a reload takes a new identity.
    }
  }

  forget(): void {
    try {
      this.#storage?.removeItem(this.#key);
    } catch {
      // As above.
    }
  }
}
