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

/** Milliseconds that a lock may take to be free: on a reload the old page may still be going. */
const LOCK_WAIT_MS = 250;
/** Milliseconds that another page has to answer on the channel. */
const ANSWER_WAIT_MS = 150;

export const claim: Claimer = (token) => {
  const name = "statelink " + token;
  if (globalThis.navigator?.locks) return claimByLock(navigator.locks, name);
  if (globalThis.BroadcastChannel) return claimByChannel(name);
  return Promise.resolve({ release() {} });
};

/** A claim that is a held lock. */
export function claimByLock(
  locks: Pick<LockManager, "request">,
  name: string,
): Promise<Claim | undefined> {
  return new Promise((resolve) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), LOCK_WAIT_MS);
    locks
      .request(name, { signal: patience.signal }, () => {
        clearTimeout(timer);
        // The lock is held for as long as this promise is open.
        return new Promise<void>((release) => resolve({ release }));
      })
      .catch(() => resolve(undefined));
  });
}

/**
 * A claim that is a page which answers on a channel. The lower number wins where several ask at the
 * same time.
 */
export function claimByChannel(name: string): Promise<Claim | undefined> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(name);
    const number = Math.random();
    let mine = false;
    const end = (claim?: Claim): void => {
      clearTimeout(timer);
      if (!claim) channel.close();
      resolve(claim);
    };
    const timer = setTimeout(() => {
      mine = true;
      end({ release: () => channel.close() });
    }, ANSWER_WAIT_MS);
    channel.onmessage = ({
      data,
    }: MessageEvent<{ readonly asks?: number; readonly refused?: number }>) => {
      const { asks, refused } = data;
      if (asks === undefined) {
        if (!mine && refused === number) end();
      } else if (mine || number < asks) channel.postMessage({ refused: asks });
      else end();
    };
    channel.postMessage({ asks: number });
  });
}
