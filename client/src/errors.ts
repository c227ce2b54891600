/**
 * A call that failed. `code` is one of `docs/protocol.md`, or of the client: `identity_lost`,
 * `closed`.
 */
export class StatelinkError extends Error {
  override readonly name = "StatelinkError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
