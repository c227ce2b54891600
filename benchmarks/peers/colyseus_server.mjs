// A room on Colyseus, its patch sent after every event: node colyseus_server.mjs PORT
// It runs in a folder whose node_modules has @colyseus/core, ws-transport and schema.
//
// BENCH_ROWS   rows that a room holds
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const { Server, Room } = require("@colyseus/core");
const { WebSocketTransport } = require("@colyseus/ws-transport");
const { defineTypes, Schema, ArraySchema, Encoder } = require("@colyseus/schema");

const ROWS = Number(process.env.BENCH_ROWS ?? 0);
Encoder.BUFFER_SIZE = 8 * 1024 * 1024; // a join is told all of 10,000 rows

class Row extends Schema {}
defineTypes(Row, { id: "uint32", name: "string", x: "uint32", done: "boolean", note: "string" });

class Values extends Schema {}
defineTypes(Values, { count: "uint32", rows: [Row] });

function makeRow(i) {
  const row = new Row();
  row.id = i;
  row.name = "user-" + String(i).padStart(8, "0");
  row.x = 0;
  row.done = false;
  row.note = "n".repeat(36);
  return row;
}

class Bench extends Room {
  maxClients = 100000;
  maxMessagesPerSecond = Infinity;

  onCreate() {
    const values = new Values();
    values.count = 0;
    values.rows = new ArraySchema();
    for (let i = 0; i < ROWS; i++) values.rows.push(makeRow(i));
    this.state = values;
    this.seatReservationTimeout = 170;
    this.setSeatReservationTime?.(170);
    this.autoDispose = false;
    this.patchRate = null;
    const on = (kind, change) =>
      this.onMessage(kind, (_client, message) => {
        values.count++;
        change(message);
        this.broadcastPatch();
      });
    on("inc", () => {});
    on("set", ([i, v]) => {
      values.rows[i].x = v;
    });
    on("app", ([i]) => values.rows.push(makeRow(i)));
  }
}

const server = new Server({ transport: new WebSocketTransport({ pingInterval: 0 }), greet: false });
server.define("bench", Bench).filterBy(["name"]);
await server.listen(Number(process.argv[2]), "127.0.0.1");
