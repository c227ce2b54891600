/** How long to wait before the next connection: exponential with full jitter. */

/** Milliseconds: the first wait is below `BASE_MS`, no wait's random part is above `CAP_MS`. */
export const BASE_MS = 500;
export const CAP_MS = 30_000;
/** A connection that was live for this long was a good one: the waits start small again. */
export const STABLE_MS = 10_000;
/** More than this a server cannot ask for. */
export const LONGEST_RETRY_MS = 3_600_000;

export class Backoff {
  readonly #random: () => number;
  #attempt = 0;
  #liveSince: number | undefined;

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The connection went live at `now` (ms of any steady clock). */
  live(now: number): void {
    this.#liveSince = now;
  }

  /**
   * The connection was lost at `now`: ms to wait. `reason` is the close reason; `retry_ms=500` in
   * it is a delay that the server asks for. The random part comes on top, lest all clients of a
   * restarting server come back at once.
   */
  lost(now: number, reason: string): number {
    if (this.#liveSince !== undefined && now - this.#liveSince >= STABLE_MS) this.#attempt = 0;
    this.#liveSince = undefined;
    const asked = Number(/\bretry_ms=(\d+)/.exec(reason)?.[1] ?? 0);
    const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** this.#attempt++);
    return Math.min(asked, LONGEST_RETRY_MS) + this.#random() * ceiling;
  }
}
