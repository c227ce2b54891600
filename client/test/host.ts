/** A world for a link in which nothing happens by itself. */
import { IdentityKeeper } from "../src/identity.js";
import { Link, type Host } from "../src/link.js";
import type { Redirect } from "../src/protocol.js";
import type { Identity } from "../src/session.js";
import type { Transport, TransportEvents } from "../src/transport.js";

export class FakeTransport implements Transport {
  readonly sent: string[] = [];
  closedWith: readonly [code: number, reason: string] | undefined;

  constructor(readonly events: TransportEvents) {}

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number, reason: string): void {
    this.closedWith = [code, reason];
  }

  takeSent(): string[] {
    return this.sent.splice(0);
  }
}

export class MemoryStorage {
  readonly items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
}

export class FakeHost implements Host {
  readonly storage = new MemoryStorage();
  readonly identity = new IdentityKeeper(this.storage, "ws://test");
  readonly transports: FakeTransport[] = [];
  /** Tokens that another page has. */
  readonly taken = new Set<string>();
  /** Tokens that this page has. */
  readonly claimed = new Set<string>();
  timer: { readonly ms: number; readonly run: () => void } | undefined;
  deferred: (() => void)[] = [];
  flushes = 0;
  readonly redirects: Redirect[] = [];
  time = 0;

  constructor(stored?: Identity) {
    if (stored) this.identity.save(stored);
  }

  readonly claim: Host["claim"] = async (token) => {
    if (this.taken.has(token)) return undefined;
    this.claimed.add(token);
    return { release: () => void this.claimed.delete(token) };
  };

  open(events: TransportEvents): Transport {
    const transport = new FakeTransport(events);
    this.transports.push(transport);
    return transport;
  }

  redirect(to: Redirect): void {
    this.redirects.push(to);
  }

  now(): number {
    return this.time;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { ms, run };
    this.timer = timer;
    return () => {
      if (this.timer === timer) this.timer = undefined;
    };
  }

  defer(later: () => void): void {
    this.deferred.push(later);
  }

  /** The newest socket. */
  get transport(): FakeTransport {
    const transport = this.transports[this.transports.length - 1];
    if (!transport) throw new Error("no socket was opened");
    return transport;
  }

  fire(): void {
    const { timer } = this;
    if (!timer) throw new Error("nothing is scheduled");
    this.timer = undefined;
    timer.run();
  }

  /** Runs what was deferred, and then every promise that it settled. */
  async flush(): Promise<void> {
    await settle();
    for (const later of this.deferred.splice(0)) {
      this.flushes++;
      later();
    }
    await settle();
  }

  /** Frames that arrive together, then a flush. */
  async receive(...frames: readonly string[]): Promise<void> {
    for (const frame of frames) this.transport.events.message(frame);
    await this.flush();
  }
}

/** Lets all promises go on that can. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const HELLO =
  '{"hello":{"token":"tok-1","secret":"sec-1","boot":"boot-1","resumed":false,"last":0,"caps":["append"]}}';
export const RESUMED = (last: number): string =>
  `{"hello":{"token":"tok-1","secret":"sec-1","boot":"boot-1","resumed":true,"last":${last},"caps":["append"]}}`;
export const HYDRATED = '{"hydrated":true}';

/** A link that is live, with these frames between hello and hydrated. */
export async function liveLink(host: FakeHost, ...frames: readonly string[]): Promise<Link> {
  const link = new Link(host, "/");
  await host.flush();
  host.transport.events.opened();
  await host.receive(HELLO, ...frames, HYDRATED);
  host.transport.takeSent();
  return link;
}
