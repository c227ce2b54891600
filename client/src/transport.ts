/** One WebSocket of the browser: text in, text out, nothing decided here. */
import { SUBPROTOCOL } from "./protocol.js";

export interface TransportEvents {
  opened(): void;
  message(text: string): void;
  closed(code: number, reason: string): void;
}

/** What a session's actions need of a socket. */
export interface Transport {
  send(text: string): void;
  /** No event is reported after this. */
  close(code: number, reason: string): void;
}

export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #silence = new AbortController();

  constructor(url: string, events: TransportEvents) {
    const socket = (this.#socket = new WebSocket(url, SUBPROTOCOL));
    const { signal } = this.#silence;
    socket.addEventListener("open", () => events.opened(), { signal });
    // A binary frame is none of this protocol: as text it cannot be read, and the session says so.
    socket.addEventListener("message", ({ data }) => events.message(String(data)), { signal });
    socket.addEventListener("close", ({ code, reason }) => events.closed(code, reason), { signal });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code: number, reason: string): void {
    this.#silence.abort();
    this.#socket.close(code, reason);
  }
}
