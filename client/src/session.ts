/**
 * One client's conversation with the server, without a socket, a clock or a page: each input
 * returns what is to be done. It lives longer than its sockets: it goes on after a reconnect, or
 * begins anew.
 */
import { Backoff } from "./backoff.js";
import { Calls, type Settlement } from "./calls.js";
import { Documents } from "./documents.js";
import {
  BAD_FRAME,
  CAPS,
  ENDING_CODES,
  STORAGE_CAP,
  SUPERSEDED,
  type Emission,
  type Failure,
  type Pair,
  type Redirect,
  type ServerFrame,
  type ServerHello,
  type StorageVar,
  type Stored,
} from "./protocol.js";

/** Who this client is to the server. */
export interface Identity {
  readonly token: string;
  readonly secret: string;
  readonly boot: string;
  /** The highest event id below or at which every event was answered. */
  readonly acked: number;
}

/**
 * `connecting`: no values yet. `live`: up to date. `resyncing`: connected, but a snapshot of some
 * state is awaited. `stale`: the connection was lost, the values are those from before. `closed`:
 * for good.
 */
export type Status = "connecting" | "live" | "resyncing" | "stale" | "closed";

export type Action =
  /** Open a socket; answer with `opened` or `closed`. */
  | { readonly do: "open" }
  | { readonly do: "send"; readonly text: string }
  /** Close the socket and report nothing more of it. */
  | { readonly do: "close"; readonly code: number; readonly reason: string }
  /** Call `timer` after so many ms; in place of an earlier schedule. */
  | { readonly do: "schedule"; readonly ms: number }
  /** Call no `timer`. */
  | { readonly do: "unschedule" }
  /**
   * The server has said who we are; `replaced`: somebody else than before. Keep it for a reload.
   */
  | { readonly do: "identify"; readonly replaced: boolean }
  /** The identity is another session's now: keep it no longer. */
  | { readonly do: "forget" }
  /** Calls were answered, and what the answers follow is in `documents`. */
  | { readonly do: "settle"; readonly settlements: readonly Settlement[] }
  /** The app has these client-storage vars: answer with `stored`. */
  | { readonly do: "recall"; readonly vars: readonly StorageVar[] }
  /** For the page, after the values that have come before. */
  | { readonly do: "tell"; readonly news: Emission | Redirect | Failure }
  /** All navigations so far have arrived. */
  | { readonly do: "arrive" };

type Phase = "idle" | "opening" | "greeting" | "hydrating" | "live" | "waiting" | "ended";

/** Milliseconds from `open` to the server's hello; after that the connection counts as lost. */
export const GREETING_MS = 15_000;

export interface SessionOptions {
  readonly path: string;
  /** Whether there is a browser that keeps client-storage vars. */
  readonly stores?: boolean;
  /** In [0, 1), for the back-off. */
  readonly random: () => number;
}

export class Session {
  readonly documents = new Documents();
  readonly #calls = new Calls();
  readonly #caps: readonly string[];
  #path: string;
  readonly #backoff: Backoff;
  #phase: Phase = "idle";
  #identity: Omit<Identity, "acked"> | undefined;
  #storedAcked = 0;
  /** This page was told of an identity before, or found one in storage. */
  #known = false;
  #greeted = false;
  #hydrated = false;
  /** What the server sends now begins anew: values from before are shown until all has come. */
  #anew = true;
  /** How often the server still has to say `hydrated`. */
  #loading = 0;
  #navigating = false;
  #actions: Action[] = [];

  constructor({ path, stores = false, random }: SessionOptions) {
    this.#path = path;
    this.#caps = stores ? [...CAPS, STORAGE_CAP] : CAPS;
    this.#backoff = new Backoff(random);
  }

  get identity(): Identity | undefined {
    return this.#identity && { ...this.#identity, acked: this.#acked() };
  }

  get status(): Status {
    if (this.#phase === "ended") return "closed";
    if (this.#phase === "live") return this.documents.resyncing ? "resyncing" : "live";
    return this.#hydrated ? "stale" : "connecting";
  }

  /** Everything that this client sees was introduced at least once. */
  get hydrated(): boolean {
    return this.#hydrated;
  }

  /** Whether the page may show what has come: never a part of what a page begins with. */
  get presentable(): boolean {
    return !this.#anew;
  }

  /** Once. `identity`: the one to go on with, if any. */
  start(identity?: Identity): readonly Action[] {
    if (this.#phase === "idle") {
      if (identity) {
        const { token, secret, boot, acked } = identity;
        this.#identity = { token, secret, boot };
        this.#known = true;
        this.#storedAcked = acked;
      }
      this.#open();
    }
    return this.#take();
  }

  opened(): readonly Action[] {
    if (this.#phase === "opening") {
      this.#phase = "greeting";
      this.#send(JSON.stringify({ hello: { path: this.#path, caps: this.#caps, ...this.#resume() } }));
    }
    return this.#take();
  }

  /** The socket was closed, or could not be opened. `now`: ms of any steady clock. */
  closed(code: number, reason: string, now: number): readonly Action[] {
    if (this.#phase === "ended" || this.#phase === "waiting") return this.#take();
    if (ENDING_CODES.has(code)) this.#end(`the server closed the connection: ${code} ${reason}`);
    else {
      if (code === SUPERSEDED) {
        this.#identity = undefined;
        this.#do({ do: "forget" });
      }
      this.#wait(now, reason);
    }
    return this.#take();
  }

  frame(text: string, now: number): readonly Action[] {
    if (this.#phase === "greeting" || this.#phase === "hydrating" || this.#phase === "live") {
      try {
        this.#read(JSON.parse(text) as ServerFrame, now);
      } catch (error) {
        this.#do({ do: "close", code: BAD_FRAME, reason: "unreadable frame" });
        this.#end(`cannot read the server's frame: ${error}`);
      }
    }
    return this.#take();
  }

  /** The page has reason to believe that waiting is over, say the network is back. */
  hurry(): readonly Action[] {
    if (this.#phase === "waiting") this.#open();
    return this.#take();
  }

  /** What was scheduled is due. */
  timer(now: number): readonly Action[] {
    if (this.#phase === "waiting") this.#open();
    else if (this.#phase === "opening" || this.#phase === "greeting") {
      this.#do({ do: "close", code: 1000, reason: "no hello" });
      this.#wait(now, "");
    }
    return this.#take();
  }

  /**
   * Calls an event handler; the action `settle` will name the ticket. Throws where `args` is not a
   * JSON object.
   */
  call(
    handler: string,
    args?: object,
  ): { readonly ticket: number; readonly actions: readonly Action[] } {
    const ticket = this.#calls.add(handler, args);
    if (this.#phase === "ended") this.#settleAll("closed", "the link is closed");
    this.#sendQueued();
    return { ticket, actions: this.#take() };
  }

  /** The page is at another path now; the action `arrive` says when the server has followed. */
  navigate(path: string): readonly Action[] {
    this.#path = path;
    this.#navigating = true;
    if (this.#phase === "hydrating" || this.#phase === "live") {
      this.#loading++;
      this.#send(JSON.stringify({ page: path }));
    }
    return this.#take();
  }

  /** What the browser keeps: all of it after `recall`, later what another tab has changed. */
  stored(values: Stored): readonly Action[] {
    if (this.#phase === "hydrating" || this.#phase === "live")
      this.#send(JSON.stringify({ stored: values }));
    return this.#take();
  }

  /** The page wants no more of it. */
  close(): readonly Action[] {
    if (this.#phase !== "ended") {
      this.#do({ do: "close", code: 1000, reason: "" });
      this.#end("the link was closed");
    }
    return this.#take();
  }

  #read(frame: ServerFrame, now: number): void {
    if (this.#phase === "greeting") {
      if (!("hello" in frame)) throw new TypeError("no hello");
      this.#hello(frame.hello);
    } else if ("p" in frame) {
      if (!this.documents.patch(frame)) this.#resync([frame.i]);
    } else if ("s" in frame) this.documents.introduce(frame);
    else if ("a" in frame) this.#calls.acknowledged(frame);
    else if ("x" in frame) {
      if (frame.x === 0) this.#do({ do: "tell", news: frame });
      else this.#calls.failed(frame);
    } else if ("emit" in frame || "redirect" in frame) this.#do({ do: "tell", news: frame });
    else if ("hydrated" in frame) this.#hydrate(now);
    // Anything else a later server may say to those who understand it.
    this.#settle();
  }

  #hydrate(now: number): void {
    this.#phase = "live";
    this.#hydrated = true;
    this.#anew = false;
    this.#backoff.live(now);
    this.documents.prune();
    if (--this.#loading > 0 || !this.#navigating) return;
    this.#navigating = false;
    this.#do({ do: "arrive" });
  }

  #hello({ token, secret, boot, resumed, last, storage = [] }: ServerHello): void {
    this.#phase = "hydrating";
    this.#loading = 1;
    this.#anew ||= !resumed;
    this.#do({ do: "unschedule" });
    const replaced = !resumed && this.#known;
    if (!resumed || boot !== this.#identity?.boot) this.documents.forget();
    // Calls of a page that was never greeted were not made under the old identity.
    if (replaced && this.#greeted)
      this.#settleAll("identity_lost", "the server gave this page a new identity");
    if (!resumed) this.#calls.restart();
    this.#identity = { token, secret, boot };
    this.#known = this.#greeted = true;
    this.#do({ do: "identify", replaced });
    if (storage.length > 0) this.#do({ do: "recall", vars: storage });
    for (const frame of this.#calls.resume(last)) this.#send(frame);
    this.#sendQueued();
  }

  #sendQueued(): void {
    if (this.#phase !== "hydrating" && this.#phase !== "live") return;
    for (const frame of this.#calls.takeQueued()) this.#send(frame);
  }

  /**
   * Settles the calls whose answers follow nothing that is lacking; asks for what the others lack.
   */
  #settle(): void {
    if (!this.#calls.anyAnswered) return;
    const lacks = (pair: Pair): boolean => this.documents.lacks(pair);
    const settlements = this.#calls.takeSettled(lacks);
    if (settlements.length > 0) this.#do({ do: "settle", settlements });
    // While a resume is under way what is lacking may still come; after that it was lost.
    if (this.#phase !== "live") return;
    const lacking = new Set(
      this.#calls
        .followed()
        .filter(lacks)
        .map(([instance]) => instance),
    );
    this.#resync([...lacking].filter((instance) => this.documents.expectSnapshot(instance)));
  }

  #settleAll(code: string, message: string): void {
    this.#do({ do: "settle", settlements: this.#calls.takeAll({ code, message }) });
  }

  #resync(instances: readonly number[]): void {
    if (instances.length > 0) this.#send(JSON.stringify({ resync: instances }));
  }

  #resume(): { readonly resume?: object } {
    if (!this.#identity) return {};
    return { resume: { ...this.#identity, have: this.documents.have(), acked: this.#acked() } };
  }

  #acked(): number {
    return this.#greeted ? this.#calls.acked : this.#storedAcked;
  }

  #open(): void {
    this.#phase = "opening";
    this.#do({ do: "open" });
    this.#do({ do: "schedule", ms: GREETING_MS });
  }

  #wait(now: number, reason: string): void {
    this.#phase = "waiting";
    this.#do({ do: "schedule", ms: this.#backoff.lost(now, reason) });
  }

  #end(message: string): void {
    this.#phase = "ended";
    this.#do({ do: "unschedule" });
    this.#settleAll("closed", message);
  }

  #send(text: string): void {
    this.#do({ do: "send", text });
  }

  #do(action: Action): void {
    this.#actions.push(action);
  }

  #take(): readonly Action[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}
