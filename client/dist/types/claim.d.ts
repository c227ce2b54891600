/**
 * Says which of two tabs may use an identity. A browser that duplicates a tab copies its storage,
 * so both find the same identity; a claim is had by one page at a time and ends with the page. Web
 * Locks where the page is in a secure context, else BroadcastChannel.
 */
export interface Claim {
    release(): void;
}
/** How a page claims `token`; undefined where another page has it. */
export type Claimer = (token: string) => Promise<Claim | undefined>;
export declare const claim: Claimer;
/** A claim that is a held lock. */
export declare function claimByLock(locks: Pick<LockManager, "request">, name: string): Promise<Claim | undefined>;
/**
 * A claim that is a page which answers on a channel. The lower number wins where several ask at the
 * same time.
 */
export declare function claimByChannel(name: string): Promise<Claim | undefined>;
