/** Why a call failed: the codes of `docs/protocol.md`, and the client's own. */
export type ErrorCode =
  | "handler_error"
  | "invalid_arguments"
  | "unknown_event"
  | "deadlock"
  | "cancelled"
  | "outcome_unknown"
  | "unencodable"
  /** The server gave this page a new identity: whether the handler has run is not known. */
  | "identity_lost"
  /** The link was closed: likewise. */
  | "closed";

/** A call that failed: `code` for programs (a later server may have more of them), `message` for people. */
export class StatelinkError extends Error {
  override readonly name = "StatelinkError";
  readonly code: ErrorCode | (string & {});

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
