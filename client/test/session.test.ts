import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE_MS, STABLE_MS } from "../src/backoff.js";
import { GREETING_MS, Session, type Action, type Identity } from "../src/session.js";
import { HELLO, HYDRATED, RESUMED } from "./host.js";

const stored: Identity = { token: "tok-1", secret: "sec-1", boot: "boot-1", acked: 0 };
const OTHER =
  '{"hello":{"token":"tok-2","secret":"sec-2","boot":"boot-2","resumed":false,"last":0,"caps":[]}}';
const ROOM = '{"s":"Room","i":7,"r":41,"v":{"n":0}}';
const patch = (revision: number): string =>
  `{"i":7,"r":${revision},"p":[{"op":"replace","path":"/n","value":${revision}}]}`;

function fresh(random = 0.5): Session {
  return new Session({ path: "/", random: () => random });
}

/** Brings a new session to `hydrated`, with `frames` before it. */
function live(...frames: readonly string[]): Session {
  const session = fresh();
  session.start();
  session.opened();
  for (const frame of [HELLO, ...frames, HYDRATED]) session.frame(frame, 0);
  return session;
}

/** Loses the socket and says hello on the next one. */
function reopen(session: Session, code = 1006): readonly Action[] {
  session.closed(code, "", 0);
  session.timer(0);
  return session.opened();
}

/** What is done, in short: a settlement as `ticket:code`. */
function brief(actions: readonly Action[]): string[] {
  return actions.flatMap((action): string[] => {
    if (action.do === "send") return [action.text];
    if (action.do === "settle")
      return action.settlements.map(({ ticket, error }) => `${ticket}:${error?.code ?? "ok"}`);
    if (action.do === "close") return [`close ${action.code}`];
    if (action.do === "schedule") return [`schedule ${action.ms}`];
    if (action.do === "identify") return [action.replaced ? "identify anew" : "identify"];
    return [action.do];
  });
}

const event = (id: number): string => `{"e":${id},"h":"S.h"}`;

test("from start to live", () => {
  const session = fresh();
  assert.deepEqual(brief(session.start()), ["open", `schedule ${GREETING_MS}`]);
  assert.deepEqual(brief(session.start()), []);
  assert.deepEqual(brief(session.opened()), ['{"hello":{"path":"/","caps":["append"]}}']);
  assert.equal(session.identity, undefined);
  assert.deepEqual(brief(session.frame(HELLO, 0)), ["unschedule", "identify"]);
  assert.deepEqual(session.identity, stored);
  assert.equal(session.status, "connecting");
  assert.ok(!session.hydrated);
  assert.deepEqual(brief(session.frame(HYDRATED, 0)), []);
  assert.equal(session.status, "live");
  assert.ok(session.hydrated);
});

test("a socket that does not open is tried again, later and later", () => {
  const session = fresh();
  session.start();
  for (const ms of [BASE_MS / 2, BASE_MS, BASE_MS * 2]) {
    assert.deepEqual(brief(session.closed(1006, "", 0)), [`schedule ${ms}`]);
    assert.equal(session.status, "connecting");
    assert.deepEqual(brief(session.timer(0)), ["open", `schedule ${GREETING_MS}`]);
  }
});

test("a server that says no hello in time is left, before and after the socket opened", () => {
  for (const open of [false, true]) {
    const session = fresh();
    session.start();
    if (open) session.opened();
    assert.deepEqual(brief(session.timer(0)), ["close 1000", `schedule ${BASE_MS / 2}`]);
    assert.deepEqual(
      brief(session.closed(1000, "", 0)),
      [],
      "the left socket's own close is no news",
    );
    assert.deepEqual(brief(session.timer(0)), ["open", `schedule ${GREETING_MS}`]);
  }
});

test("the delay in the close reason is kept, and a good connection makes the waits small again", () => {
  const session = live();
  assert.deepEqual(brief(session.closed(1012, "restart retry_ms=700", 5)), [
    `schedule ${700 + BASE_MS / 2}`,
  ]);
  session.timer(5);
  session.opened();
  session.frame(RESUMED(0), 10);
  session.frame(HYDRATED, 10);
  assert.deepEqual(brief(session.closed(1006, "", 20)), [`schedule ${BASE_MS}`], "lost at once");
  session.timer(20);
  session.opened();
  session.frame(RESUMED(0), 30);
  session.frame(HYDRATED, 30);
  assert.deepEqual(brief(session.closed(1006, "", 30 + STABLE_MS)), [`schedule ${BASE_MS / 2}`]);
});

test("hurry ends a wait and nothing else", () => {
  const session = live();
  assert.deepEqual(brief(session.hurry()), []);
  session.closed(1006, "", 0);
  assert.deepEqual(brief(session.hurry()), ["open", `schedule ${GREETING_MS}`]);
  assert.deepEqual(brief(session.hurry()), []);
  session.opened();
  assert.deepEqual(brief(session.hurry()), []);
  assert.deepEqual(brief(session.timer(0)), ["close 1000", `schedule ${BASE_MS}`]);
});

test("what cannot be read ends the session: it is a bug", () => {
  for (const bad of ["", "{", "[object Blob]", "null", "7", '"text"', '{"a":null}']) {
    const session = live();
    session.call("S.h");
    assert.deepEqual(brief(session.frame(bad, 0)), ["close 4400", "unschedule", "1:closed"], bad);
    assert.equal(session.status, "closed");
  }
  const session = fresh();
  session.start();
  session.opened();
  assert.deepEqual(brief(session.frame(ROOM, 0)), ["close 4400", "unschedule"], "no hello first");
});

test("frames of a later version are passed over", () => {
  const session = live(ROOM);
  assert.deepEqual(brief(session.frame('{"presence":[1]}', 0)), []);
  assert.deepEqual(brief(session.frame("{}", 0)), []);
  assert.equal(session.status, "live");
});

test("nothing is done after the end", () => {
  const session = live(ROOM);
  session.call("S.h");
  assert.deepEqual(brief(session.close()), ["close 1000", "unschedule", "1:closed"]);
  const late = [
    session.close(),
    session.opened(),
    session.timer(0),
    session.hurry(),
    session.start(stored),
    session.frame(patch(42), 0),
    session.frame('{"a":1}', 0),
    session.closed(1006, "", 0),
  ];
  assert.deepEqual(late.flatMap(brief), []);
  assert.deepEqual(brief(session.call("S.h").actions), ["2:closed"]);
  assert.deepEqual(session.documents.view("Room"), { n: 0 });
});

test("closed while it waits for the next try", () => {
  const session = live();
  session.closed(1006, "", 0);
  session.call("S.h");
  assert.deepEqual(brief(session.close()), ["close 1000", "unschedule", "1:closed"]);
});

test("a call whose socket closes is sent again only where the server did not receive it", () => {
  for (const received of [false, true]) {
    const session = live();
    assert.deepEqual(brief(session.call("S.h").actions), [event(1)]);
    reopen(session);
    assert.deepEqual(brief(session.frame(RESUMED(received ? 1 : 0), 0)), [
      "unschedule",
      "identify",
      ...(received ? [] : [event(1)]),
    ]);
    assert.deepEqual(brief(session.frame('{"a":1}', 0)), ["1:ok"]);
    assert.deepEqual(brief(session.frame(HYDRATED, 0)), []);
  }
});

test("a connection that is lost again during the resume: nothing is sent twice to a server that has it", () => {
  const session = live();
  session.call("S.h");
  session.call("S.h");
  reopen(session);
  assert.deepEqual(brief(session.frame(RESUMED(0), 0)).slice(2), [event(1), event(2)]);
  assert.equal(session.status, "stale");
  reopen(session);
  session.call("S.h");
  assert.deepEqual(brief(session.frame(RESUMED(1), 0)).slice(2), [event(2), event(3)]);
  reopen(session);
  assert.deepEqual(brief(session.frame(RESUMED(3), 0)).slice(2), []);
  assert.deepEqual(brief(session.frame('{"a":[1,3]}', 0)), ["1:ok", "2:ok", "3:ok"]);
  assert.deepEqual(brief(session.frame(HYDRATED, 0)), []);
  assert.equal(session.status, "live");
});

test("calls that are made between hello and hydrated are sent at once, behind those sent again", () => {
  const session = live();
  session.call("S.h");
  reopen(session);
  session.frame(RESUMED(0), 0);
  assert.deepEqual(brief(session.call("S.h").actions), [event(2)]);
});

test("the answer that was lost comes on the resume, behind what it follows or before it", () => {
  const behind = live(ROOM);
  behind.call("S.h");
  reopen(behind);
  behind.frame(RESUMED(1), 0);
  assert.deepEqual(brief(behind.frame(patch(42), 0)), []);
  assert.deepEqual(brief(behind.frame('{"a":1,"f":[[7,42]]}', 0)), ["1:ok"]);

  const before = live(ROOM);
  before.call("S.h");
  reopen(before);
  before.frame(RESUMED(1), 0);
  assert.deepEqual(
    brief(before.frame('{"a":1,"f":[[7,42]]}', 0)),
    [],
    "the resume may still bring it",
  );
  assert.deepEqual(brief(before.frame(patch(42), 0)), ["1:ok"]);
  assert.deepEqual(brief(before.frame(HYDRATED, 0)), []);
});

test("what an answer follows and no resume brought is asked for", () => {
  const session = live(ROOM);
  session.call("S.h");
  reopen(session);
  session.frame(RESUMED(1), 0);
  session.frame('{"a":1,"f":[[7,42]]}', 0);
  assert.deepEqual(brief(session.frame(HYDRATED, 0)), ['{"resync":[7]}']);
  assert.equal(session.status, "resyncing");
  assert.deepEqual(brief(session.frame('{"s":"Room","i":7,"r":42,"v":{}}', 0)), ["1:ok"]);
});

test("an answer that came before the socket was lost is not acked away: it settles with the resume", () => {
  const session = live(ROOM);
  session.call("S.h");
  session.frame(patch(50), 0);
  assert.deepEqual(brief(session.frame('{"a":1,"f":[[7,50]]}', 0)), []);
  const [hello] = brief(reopen(session));
  assert.match(hello ?? "", /"have":\[\],"acked":1\}/);
  session.frame(RESUMED(1), 0);
  assert.deepEqual(brief(session.frame('{"s":"Room","i":7,"r":51,"v":{}}', 0)), ["1:ok"]);
});

test("patches that fly while a snapshot is asked for", () => {
  const session = live(ROOM);
  assert.deepEqual(brief(session.frame(patch(43), 0)), ['{"resync":[7]}']);
  for (const revision of [44, 42, 45])
    assert.deepEqual(brief(session.frame(patch(revision), 0)), []);
  assert.deepEqual(session.documents.view("Room"), { n: 0 });
  session.frame('{"s":"Room","i":7,"r":45,"v":{"n":45}}', 0);
  assert.equal(session.status, "live");
  assert.deepEqual(brief(session.frame(patch(46), 0)), []);
  assert.deepEqual(session.documents.view("Room"), { n: 46 });
  assert.deepEqual(
    brief(session.frame(patch(48), 0)),
    ['{"resync":[7]}'],
    "a second gap is asked for again",
  );
});

test("a gap during the resume is asked for at once", () => {
  const session = live(ROOM);
  reopen(session);
  session.frame(RESUMED(0), 0);
  assert.deepEqual(brief(session.frame(patch(43), 0)), ['{"resync":[7]}']);
  session.frame(HYDRATED, 0);
  assert.equal(session.status, "resyncing");
});

test("superseded: the identity is forgotten at once and never said again", () => {
  const session = live(ROOM);
  session.call("S.h");
  assert.deepEqual(brief(session.closed(4409, "superseded", 0)), [
    "forget",
    `schedule ${BASE_MS / 2}`,
  ]);
  assert.equal(session.identity, undefined);
  session.call("S.h");
  session.timer(0);
  session.closed(1006, "", 0);
  session.timer(0);
  assert.deepEqual(brief(session.opened()), ['{"hello":{"path":"/","caps":["append"]}}']);
  assert.deepEqual(brief(session.frame(OTHER, 0)), [
    "unschedule",
    "1:identity_lost",
    "2:identity_lost",
    "identify anew",
  ]);
  assert.deepEqual(session.identity, { token: "tok-2", secret: "sec-2", boot: "boot-2", acked: 0 });
  assert.deepEqual(brief(session.frame('{"a":1}', 0)), []);
  assert.deepEqual(brief(session.call("S.h").actions), [event(1)]);
});

test("superseded before the hello was answered", () => {
  const session = live();
  reopen(session);
  assert.deepEqual(brief(session.closed(4409, "", 0)), ["forget", `schedule ${BASE_MS}`]);
  session.timer(0);
  assert.deepEqual(brief(session.opened()), ['{"hello":{"path":"/","caps":["append"]}}']);
});

test("restart: a call that was answered and waited for a snapshot is lost with its identity", () => {
  const session = live(ROOM);
  session.call("S.h");
  session.frame(patch(50), 0);
  session.frame('{"a":1,"f":[[7,50]]}', 0);
  reopen(session);
  assert.deepEqual(brief(session.frame(OTHER, 0)), [
    "unschedule",
    "1:identity_lost",
    "identify anew",
  ]);
  session.frame('{"s":"Room","i":7,"r":0,"v":{"n":0}}', 0);
  session.frame(HYDRATED, 0);
  assert.equal(session.status, "live", "the resync of the old instance is over");
  assert.deepEqual(brief(session.frame(patch(1), 0)), []);
  assert.deepEqual(session.documents.view("Room"), { n: 1 });
});

test("another boot that does resume gives new instance numbers all the same", () => {
  const session = live(ROOM);
  reopen(session);
  session.frame(
    '{"hello":{"token":"tok-1","secret":"sec-1","boot":"boot-9","resumed":true,"last":0,"caps":[]}}',
    0,
  );
  assert.deepEqual(session.documents.have(), []);
  assert.equal(session.identity?.boot, "boot-9");
});

test("a reloaded page whose server has restarted: the page is told, its first calls are made under the new identity", () => {
  const session = fresh();
  session.call("S.h");
  session.start({ ...stored, acked: 7 });
  assert.deepEqual(brief(session.opened()), [
    '{"hello":{"path":"/","caps":["append"],"resume":{"token":"tok-1","secret":"sec-1","boot":"boot-1","have":[],"acked":7}}}',
  ]);
  assert.deepEqual(brief(session.frame(OTHER, 0)), ["unschedule", "identify anew", event(1)]);
});

test("what is acked is kept with the identity, for a reload", () => {
  const session = fresh();
  session.start({ ...stored, acked: 7 });
  assert.equal(session.identity?.acked, 7);
  session.opened();
  session.frame(RESUMED(9), 0);
  assert.equal(session.identity?.acked, 9, "answers to the page before are awaited by nobody");
  session.call("S.h");
  assert.equal(session.identity?.acked, 9);
  session.frame('{"a":10}', 0);
  assert.equal(session.identity?.acked, 10);
});
