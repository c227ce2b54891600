import type { JsonObject, Pair, Patch, Snapshot } from "./protocol.js";
export declare class Documents {
    #private;
    introduce({ s, i, r, o, v }: Snapshot): void;
    /**
     * False: the patch does not fit, a snapshot must be asked for. Patches of no concern are dropped.
     */
    patch({ i, r, p }: Patch): boolean;
    /**
     * Whether frames up to `revision` of `instance` are still to come (not for an instance that is
     * not held).
     */
    lacks([instance, revision]: Pair): boolean;
    /** Marks an instance that lacks frames as in resync. True where that is news. */
    expectSnapshot(instance: number): boolean;
    get resyncing(): boolean;
    /** For the hello of a resume. An instance in resync is left out: it needs a snapshot anyway. */
    have(): Pair[];
    /**
     * The server that gave the instance numbers is gone: they mean nothing now. Values can still be
     * viewed, until `prune`.
     */
    forget(): void;
    /** Ends the values that no snapshot has introduced since `forget`. */
    prune(): void;
    /** What the page sees of a state: the overlay laid over the instance. */
    view(state: string): JsonObject | undefined;
    /** The states whose view has changed since the last call. */
    takeChanged(): ReadonlySet<string>;
}
