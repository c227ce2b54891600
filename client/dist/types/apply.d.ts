/** RFC 6902 and string append onto immutable values. */
import type { Json, Op } from "./protocol.js";
/**
 * `value` with all of `ops` done, in order. `value` itself is never changed: branches that no
 * operation touches keep their identity in the result, the others are copied once. Throws where an
 * operation does not apply.
 */
export declare function applyPatch(value: Json, ops: readonly Op[]): Json;
