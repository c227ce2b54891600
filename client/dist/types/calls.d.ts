/**
 * The calls of one client, from the page's call to what the answer follows: their event ids, their
 * order, who still waits.
 */
import type { Acknowledgement, Failure, Pair } from "./protocol.js";
/**
 * Why a call failed: a code of `docs/protocol.md`, or `identity_lost` or `closed`, and a sentence.
 */
export interface Refusal {
    readonly code: string;
    readonly message: string;
}
/** The end of a call. */
export interface Settlement {
    readonly ticket: number;
    readonly error?: Refusal;
}
export declare class Calls {
    #private;
    /**
     * A new call: its ticket. Throws where `args` is not a JSON object: the server would close for
     * good.
     */
    add(handler: string, args?: object): number;
    /** The highest event id below or at which every event was answered. */
    get acked(): number;
    /** A server has received the events up to `last` of this identity: the frames to send again. */
    resume(last: number): string[];
    /** A new identity: event ids start anew. Only when none is sent and unanswered. */
    restart(): void;
    /** The frames of the queued calls, which are sent now. */
    takeQueued(): string[];
    acknowledged({ a, f }: Acknowledgement): void;
    failed({ x, c, m, f }: Failure): void;
    /** Whether there are answered calls that are not settled. */
    get anyAnswered(): boolean;
    /** Takes out the answered calls that follow nothing which is still lacking. */
    takeSettled(lacks: (pair: Pair) => boolean): Settlement[];
    /** What the answered calls follow. */
    followed(): Pair[];
    /** Takes out all calls: they failed, those of which it is not known by `error`. */
    takeAll(error: Refusal): Settlement[];
}
