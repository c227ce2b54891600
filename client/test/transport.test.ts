import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { WebSocketTransport } from "../src/transport.js";

/** As much of the browser's WebSocket as is used. */
class FakeWebSocket extends EventTarget {
  static last: FakeWebSocket;
  readonly done: unknown[] = [];

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    super();
    FakeWebSocket.last = this;
  }

  send(text: string): void {
    this.done.push(text);
  }

  close(code: number, reason: string): void {
    this.done.push([code, reason]);
  }

  happen(type: string, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

function opened(t: TestContext): {
  transport: WebSocketTransport;
  socket: FakeWebSocket;
  heard: unknown[];
} {
  const globals = globalThis as unknown as { WebSocket: unknown };
  const before = globals.WebSocket;
  globals.WebSocket = FakeWebSocket;
  t.after(() => (globals.WebSocket = before));
  const heard: unknown[] = [];
  const transport = new WebSocketTransport("ws://host/_statelink/ws", {
    opened: () => heard.push("opened"),
    message: (text) => heard.push(text),
    closed: (code, reason) => heard.push([code, reason]),
  });
  return { transport, socket: FakeWebSocket.last, heard };
}

test("what happens on the socket is reported, what is sent is sent", (t) => {
  const { transport, socket, heard } = opened(t);
  assert.deepEqual([socket.url, socket.protocol], ["ws://host/_statelink/ws", "statelink.v1.json"]);
  socket.happen("open");
  socket.happen("message", { data: "{}" });
  socket.happen("message", { data: new Blob([]) });
  transport.send("text");
  socket.happen("error");
  socket.happen("close", { code: 1012, reason: "retry_ms=5" });
  assert.deepEqual(heard, ["opened", "{}", "[object Blob]", [1012, "retry_ms=5"]]);
  assert.deepEqual(socket.done, ["text"]);
});

test("after close nothing is reported", (t) => {
  const { transport, socket, heard } = opened(t);
  transport.close(1000, "bye");
  socket.happen("open");
  socket.happen("message", { data: "{}" });
  socket.happen("close", { code: 1000, reason: "bye" });
  assert.deepEqual(heard, []);
  assert.deepEqual(socket.done, [[1000, "bye"]]);
});
