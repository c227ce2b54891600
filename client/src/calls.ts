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

interface Call {
  readonly ticket: number;
  /** The event's frame, from behind its id. */
  readonly rest: string;
}

/** An answered call that is not settled before what the answer follows is here. */
interface Answered extends Settlement {
  readonly follows: readonly Pair[];
}

export class Calls {
  #nextTicket = 1;
  #nextEvent = 1;
  /** Not sent yet, in order. An event gets its id when it is sent. */
  #queued: Call[] = [];
  /** Sent and not answered, by event id, in order. */
  readonly #sent = new Map<number, Call>();
  #answered: Answered[] = [];

  /**
   * A new call: its ticket. Throws where `args` is not a JSON object: the server would close for
   * good.
   */
  add(handler: string, args: object = {}): number {
    const text = JSON.stringify(args);
    if (!text?.startsWith("{")) throw new TypeError("arguments go by name");
    const rest = `,"h":${JSON.stringify(handler)}${text === "{}" ? "" : `,"a":${text}`}}`;
    this.#queued.push({ ticket: this.#nextTicket, rest });
    return this.#nextTicket++;
  }

  /** The highest event id below or at which every event was answered. */
  get acked(): number {
    const [oldest = this.#nextEvent] = this.#sent.keys();
    return oldest - 1;
  }

  /** A server has received the events up to `last` of this identity: the frames to send again. */
  resume(last: number): string[] {
    this.#nextEvent = Math.max(this.#nextEvent, last + 1);
    return [...this.#sent]
      .filter(([event]) => event > last)
      .map(([event, call]) => frame(event, call));
  }

  /** A new identity: event ids start anew. Only when none is sent and unanswered. */
  restart(): void {
    this.#nextEvent = 1;
  }

  /** The frames of the queued calls, which are sent now. */
  takeQueued(): string[] {
    const queued = this.#queued;
    this.#queued = [];
    return queued.map((call) => {
      this.#sent.set(this.#nextEvent, call);
      return frame(this.#nextEvent++, call);
    });
  }

  acknowledged({ a, f }: Acknowledgement): void {
    const [first, last] = typeof a === "number" ? [a, a] : a;
    for (const event of this.#sent.keys()) {
      if (event > last) break;
      if (event >= first) this.#answer(event, f);
    }
  }

  failed({ x, c, m, f }: Failure): void {
    this.#answer(x, f, { code: c, message: m });
  }

  /** Whether there are answered calls that are not settled. */
  get anyAnswered(): boolean {
    return this.#answered.length > 0;
  }

  /** Takes out the answered calls that follow nothing which is still lacking. */
  takeSettled(lacks: (pair: Pair) => boolean): Settlement[] {
    const answered = this.#answered;
    this.#answered = answered.filter(({ follows }) => follows.some(lacks));
    return answered.filter(({ follows }) => !follows.some(lacks));
  }

  /** What the answered calls follow. */
  followed(): Pair[] {
    return this.#answered.flatMap(({ follows }) => follows);
  }

  /** Takes out all calls: they failed, those of which it is not known by `error`. */
  takeAll(error: Refusal): Settlement[] {
    const all = [...this.#answered, ...this.#sent.values(), ...this.#queued];
    this.#answered = [];
    this.#sent.clear();
    this.#queued = [];
    return all.map((call) => ({ error, ...call }));
  }

  #answer(event: number, follows: readonly Pair[] = [], error?: Refusal): void {
    const call = this.#sent.get(event);
    if (!call) return; // Of a former page of this tab, or a repeated answer.
    this.#sent.delete(event);
    this.#answered.push({ ticket: call.ticket, follows, ...(error && { error }) });
  }
}

function frame(event: number, { rest }: Call): string {
  return `{"e":${event}${rest}`;
}
