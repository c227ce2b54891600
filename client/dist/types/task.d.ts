/**
 * Runs `later` in a task of its own, after the messages that a socket read has brought. A microtask
 * would not do: the browser runs those between any two message events, and a listener would hear of
 * each frame alone. A timer waits too long.
 */
export declare function soon(later: () => void): void;
