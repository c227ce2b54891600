/**
 * Carries a session's actions out: sockets, timers, storage, and what the page is told, once per
 * burst of frames.
 */
import type { Settlement } from "./calls.js";
import type { Claim, Claimer } from "./claim.js";
import { StatelinkError } from "./errors.js";
import type { IdentityKeeper } from "./identity.js";
import type { KeptVars } from "./kept.js";
import type { Emission, Failure, Json, Redirect } from "./protocol.js";
import { Session, type Action, type Identity, type Status } from "./session.js";
import { Listeners, Stores, type Listener, type Store, type Unsubscribe } from "./store.js";
import type { Transport, TransportEvents } from "./transport.js";
import type { HandlerArgs, HandlerName, StateKey, StateName, Vars } from "./types.js";

/** All that a link needs of the world around it. */
export interface Host {
  open(events: TransportEvents): Transport;
  readonly claim: Claimer;
  readonly identity: IdentityKeeper;
  /** Absent: client-storage vars last as long as the client. */
  readonly kept?: KeptVars;
  /** Whether values are frozen. */
  readonly freeze?: boolean;
  /** Where the page does not want to do it itself. */
  redirect(to: Redirect): void;
  /** Steady ms. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Runs `run` once after `ms`; the result cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Runs `later` soon: when the frames that have arrived together have been read. */
  defer(later: () => void): void;
}

/** A link without the types of the app's states. */
export interface UntypedLink {
  state(name: string): Store<unknown>;
}

interface Settler {
  resolve(): void;
  reject(error: StatelinkError): void;
}

export class Link {
  /**
   * Resolves when everything that this client sees has been introduced; rejects where the link is
   * closed before.
   */
  readonly hydrated: Promise<void>;

  readonly #host: Host;
  readonly #session: Session;
  readonly #stores: Stores;
  readonly #calls = new Map<number, Settler>();
  readonly #statusListeners = new Listeners<Status>();
  readonly #identityListeners = new Listeners<string>();
  readonly #emissionListeners = new Map<string, Listeners<Json>>();
  readonly #redirectListeners = new Listeners<Redirect>();
  readonly #errorListeners = new Listeners<StatelinkError>();
  #arrivals: Settler[] = [];
  readonly #hydration: Settler;
  #transport: Transport | undefined;
  #unschedule: () => void = () => {};
  #claim: Claim | undefined;
  /** The token that is claimed, or about to be. */
  #claimed: string | undefined;
  #status: Status = "connecting";
  #clientToken: string | undefined;
  /** What the page is to be told at the next flush. */
  #news: (() => void)[] = [];
  #flushing = false;

  /** @internal Use `connect`. */
  constructor(host: Host, path: string) {
    this.#host = host;
    this.#stores = new Stores(host);
    this.#session = new Session({
      path,
      stores: host.kept !== undefined,
      random: () => host.random(),
    });
    const hydration = settler();
    this.hydrated = hydration.promise;
    this.hydrated.catch(() => {}); // Nobody has to wait for it.
    this.#hydration = hydration;
    void this.#start();
  }

  get status(): Status {
    return this.#status;
  }

  /** The public identity of this client; undefined before the server has given one. */
  get clientToken(): string | undefined {
    return this.#clientToken;
  }

  /**
   * The store of a state, by its name; the same one at every call. What its values are is known
   * from `States`, from the key, or said: `state<{ count: number }>("Room")`.
   */
  state<V>(key: StateKey<V>): Store<V>;
  state<N extends StateName>(name: N): Store<Vars<N>>;
  state<T extends object = never>(name: [T] extends [never] ? never : string): Store<T>;
  state(name: string): Store<unknown> {
    return this.#stores.get(name);
  }

  /**
   * Calls an event handler of the server, as `State.handler`. Resolves when the handler has run and
   * what it changed is in the stores; rejects with a `StatelinkError`. While the connection is
   * lost, calls wait for the next one.
   */
  call<H extends HandlerName>(handler: H, ...args: HandlerArgs<H>): Promise<void> {
    let called;
    try {
      called = this.#session.call(handler, (args as readonly [object?])[0]);
    } catch (error) {
      return Promise.reject(error);
    }
    const { promise, ...settle } = settler();
    this.#calls.set(called.ticket, settle);
    this.#run(called.actions);
    return promise;
  }

  /**
   * Tells the server that the page is at another path now, without a reload. Resolves when the
   * server has followed: its `on_load` handlers have run, and their changes are in the stores.
   */
  navigate(path: string): Promise<void> {
    const { promise, ...settle } = settler();
    if (this.#status === "closed") settle.reject(closed());
    else this.#arrivals.push(settle);
    this.#run(this.#session.navigate(path));
    return promise;
  }

  /** Hears the events that the server emits by this name (`sl.emit`), with their payload. */
  on<T = Json>(name: string, listener: Listener<T>): Unsubscribe {
    let listeners = this.#emissionListeners.get(name);
    if (!listeners) this.#emissionListeners.set(name, (listeners = new Listeners()));
    return listeners.add(listener as Listener<Json>);
  }

  /** Does redirects of the server (`sl.redirect`) in place of the browser's own navigation. */
  onRedirect(listener: Listener<Redirect>): Unsubscribe {
    return this.#redirectListeners.add(listener);
  }

  /**
   * Hears of failures that answer no call of this page: of an event that a handler returned, of
   * `on_load`, of a background event. Without a listener they go to the console.
   */
  onError(listener: Listener<StatelinkError>): Unsubscribe {
    return this.#errorListeners.add(listener);
  }

  onStatus(listener: Listener<Status>): Unsubscribe {
    return this.#statusListeners.add(listener);
  }

  /**
   * Tells the new client token when the server gave this page another identity than it had: it
   * restarted, or another tab took the identity. Calls under way were rejected with
   * `identity_lost`; values are defaults, links are gone.
   */
  onIdentity(listener: Listener<string>): Unsubscribe {
    return this.#identityListeners.add(listener);
  }

  /** For good. A later `connect` of this tab goes on with the identity. */
  close(): void {
    this.#keepIdentity();
    this.#run(this.#session.close());
  }

  /**
   * @internal The page is being left: it may come back, and another page of this tab may go on with
   * the identity.
   */
  hide(): void {
    this.#keepIdentity();
    this.#unclaim();
  }

  /**
   * @internal The page is back, with its memory. If another one has the identity by now, the server
   * will tell.
   */
  show(): void {
    const identity = this.#session.identity;
    if (identity) void this.#reclaim(identity.token);
  }

  /** @internal Another tab has changed what the browser keeps. */
  storageChanged(key: string, value: string | null): void {
    const stored = this.#host.kept?.changed(key, value);
    if (stored) this.#run(this.#session.stored(stored));
  }

  /** @internal The network is back. */
  hurry(): void {
    this.#run(this.#session.hurry());
  }

  async #start(): Promise<void> {
    let identity = this.#host.identity.load();
    if (identity && !(await this.#reclaim(identity.token))) identity = undefined;
    this.#run(this.#session.start(identity));
  }

  #run(actions: readonly Action[]): void {
    for (const action of actions) {
      switch (action.do) {
        case "open":
          this.#transport = this.#host.open({
            opened: () => this.#run(this.#session.opened()),
            message: (text) => this.#run(this.#session.frame(text, this.#host.now())),
            closed: (code, reason) =>
              this.#run(this.#session.closed(code, reason, this.#host.now())),
          });
          break;
        case "send":
          this.#transport?.send(action.text);
          break;
        case "close":
          this.#transport?.close(action.code, action.reason);
          break;
        case "schedule":
          this.#unschedule();
          this.#unschedule = this.#host.after(action.ms, () =>
            this.#run(this.#session.timer(this.#host.now())),
          );
          break;
        case "unschedule":
          this.#unschedule();
          break;
        case "identify":
          this.#identify(action.replaced);
          break;
        case "forget":
          this.#host.identity.forget();
          break;
        case "recall":
          if (this.#host.kept) this.#run(this.#session.stored(this.#host.kept.recall(action.vars)));
          break;
        case "tell":
          this.#news.push(() => this.#tell(action.news));
          break;
        case "arrive":
          this.#news.push(...this.#arrivals.map((arrival) => () => arrival.resolve()));
          this.#arrivals = [];
          break;
        case "settle":
          this.#news.push(() =>
            action.settlements.forEach((settlement) => this.#settle(settlement)),
          );
          break;
      }
    }
    if (this.#flushing) return;
    this.#flushing = true;
    this.#host.defer(() => this.#flush());
  }

  /**
   * Tells the page everything since the last flush: values first, so that whatever is told next
   * finds them.
   */
  #flush(): void {
    this.#flushing = false;
    const { documents, hydrated, presentable, status } = this.#session;
    if (presentable) {
      this.#stores.publish(documents.takeChanged(), (state) => documents.view(state));
      this.#host.kept?.keep((state) => documents.view(state));
    }
    if (status === "closed") {
      this.#unclaim();
      this.#hydration.reject(closed());
      for (const arrival of this.#arrivals.splice(0)) arrival.reject(closed());
    }
    if (status !== this.#status) {
      this.#status = status;
      this.#statusListeners.tell(status);
    }
    const news = this.#news;
    this.#news = [];
    for (const tell of news) tell();
    if (hydrated) this.#hydration.resolve();
  }

  #identify(replaced: boolean): void {
    const identity = this.#session.identity as Identity;
    this.#keepIdentity();
    void this.#reclaim(identity.token);
    this.#news.push(() => {
      this.#clientToken = identity.token;
      if (replaced) this.#identityListeners.tell(identity.token);
    });
  }

  #tell(news: Emission | Redirect | Failure): void {
    if ("emit" in news) this.#emissionListeners.get(news.emit)?.tell(news.d);
    else if ("redirect" in news) {
      if (this.#redirectListeners.any) this.#redirectListeners.tell(news);
      else this.#host.redirect(news);
    } else {
      const error = new StatelinkError(news.c, news.m);
      if (this.#errorListeners.any) this.#errorListeners.tell(error);
      else console.error(error);
    }
  }

  #settle({ ticket, error }: Settlement): void {
    const call = this.#calls.get(ticket);
    this.#calls.delete(ticket);
    if (error) call?.reject(new StatelinkError(error.code, error.message));
    else call?.resolve();
  }

  #keepIdentity(): void {
    const identity = this.#session.identity;
    if (identity) this.#host.identity.save(identity);
  }

  /** Claims `token` in place of another one. False where another page has it. */
  async #reclaim(token: string): Promise<boolean> {
    if (this.#claimed === token) return true;
    this.#unclaim();
    this.#claimed = token;
    const claim = await this.#host.claim(token);
    // Meanwhile another token was claimed, or none is wanted any more.
    if (this.#claimed !== token) claim?.release();
    else if (claim) this.#claim = claim;
    else this.#claimed = undefined;
    return claim !== undefined;
  }

  #unclaim(): void {
    this.#claim?.release();
    this.#claim = this.#claimed = undefined;
  }
}

function closed(): StatelinkError {
  return new StatelinkError("closed", "the link was closed");
}

function settler(): Settler & { readonly promise: Promise<void> } {
  let settle: Settler | undefined;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...(settle as unknown as Settler) };
}
