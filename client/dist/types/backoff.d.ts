/** How long to wait before the next connection: exponential with full jitter. */
/** Milliseconds: the first wait is below `BASE_MS`, no wait's random part is above `CAP_MS`. */
export declare const BASE_MS = 500;
export declare const CAP_MS = 30000;
/** A connection that was live for this long was a good one: the waits start small again. */
export declare const STABLE_MS = 10000;
/** More than this a server cannot ask for. */
export declare const LONGEST_RETRY_MS = 3600000;
export declare class Backoff {
    #private;
    /** `random` gives numbers in [0, 1). */
    constructor(random: () => number);
    /** The connection went live at `now` (ms of any steady clock). */
    live(now: number): void;
    /**
     * The connection was lost at `now`: ms to wait. `reason` is the close reason; `retry_ms=500` in
     * it is a delay that the server asks for. The random part comes on top, lest all clients of a
     * restarting server come back at once.
     */
    lost(now: number, reason: string): number;
}
