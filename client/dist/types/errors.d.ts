/**
 * A call that failed. `code` is one of `docs/protocol.md`, or of the client: `identity_lost`,
 * `closed`.
 */
export declare class StatelinkError extends Error {
    readonly name = "StatelinkError";
    readonly code: string;
    constructor(code: string, message: string);
}
