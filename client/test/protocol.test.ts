import assert from "node:assert/strict";
import { test } from "node:test";
import { Link } from "../src/link.js";
import type { JsonObject, ServerFrame } from "../src/protocol.js";
import { Session, type Action, type Identity } from "../src/session.js";
import { badFrames, frame, frames, scenarios, type Scenario, type Step } from "./golden.js";
import { FakeHost, HYDRATED, RESUMED, settle } from "./host.js";

const identity: Identity = { token: "tok-1", secret: "sec-1", boot: "boot-1", acked: 0 };

function sends(actions: readonly Action[]): string[] {
  return actions.flatMap((action) => (action.do === "send" ? [action.text] : []));
}

function greeted(last = 0, path = "/"): Session {
  const session = new Session({ path, random: () => 0 });
  session.start(identity);
  session.opened();
  session.frame(RESUMED(last), 0);
  return session;
}

test("golden frames: the session writes each client frame", () => {
  const hello = (path: string, stored?: Identity): string[] => {
    const session = new Session({ path, random: () => 0 });
    session.start(stored);
    return sends(session.opened());
  };
  const written: Record<string, () => string[]> = {
    hello_new: () => hello("/room/a?b=1"),
    hello_resume_reload: () => hello("/", identity),
    hello_with_storage() {
      const session = new Session({ path: "/", stores: true, random: () => 0 });
      session.start();
      return sends(session.opened());
    },
    page: () => sends(greeted().navigate("/room/b?x=1")),
    stored: () =>
      sends(
        greeted().stored({ SharedRoom: { shared_room: "abc", note: "Zoë" }, Prefs: { theme: "" } }),
      ),
    stored_nothing: () => sends(greeted().stored({})),
    stored_removed: () => sends(greeted().stored({ SharedRoom: { shared_room: null } })),
    hello_resume() {
      const session = greeted(12, "/room/a");
      session.frame('{"s":"Room","i":7,"r":41,"v":{}}', 0);
      session.frame('{"s":"Room","i":9,"r":3,"o":1,"v":{"x":1}}', 0);
      session.closed(1006, "", 0);
      session.timer(0);
      return sends(session.opened());
    },
    resync() {
      const session = greeted();
      session.frame('{"s":"Room","i":7,"r":41,"v":{}}', 0);
      return sends(session.frame('{"i":7,"r":43,"p":[]}', 0));
    },
    resync_several() {
      const session = greeted();
      session.frame('{"s":"Room","i":7,"r":41,"v":{}}', 0);
      session.frame('{"s":"Room","i":9,"r":3,"o":1,"v":{"x":1}}', 0);
      session.frame(HYDRATED, 0);
      session.call("Room.look");
      return sends(session.frame('{"a":1,"f":[[7,42],[9,4]]}', 0));
    },
  };
  for (const golden of frames.filter(({ direction }) => direction === "client")) {
    // This client always says where it is and what it can.
    if (golden.name === "hello_minimal") continue;
    const parsed = JSON.parse(golden.frame) as { e?: number; h?: string; a?: object };
    const write =
      written[golden.name] ??
      (() => sends(greeted((parsed.e as number) - 1).call(parsed.h as string, parsed.a).actions));
    assert.deepEqual(write(), [golden.frame], golden.name);
  }
});

test("golden frames: the session reads each server frame", () => {
  for (const golden of frames.filter(({ direction }) => direction === "server")) {
    const session = new Session({ path: "/", random: () => 0 });
    session.start();
    session.opened();
    const hello = golden.name.startsWith("server_hello");
    if (!hello) session.frame(frame("server_hello_new"), 0);
    const actions = session.frame(golden.frame, 0);
    assert.notEqual(session.status, "closed", golden.name);
    if (hello) {
      const { token } = (JSON.parse(golden.frame) as { hello: { token: string } }).hello;
      assert.equal(session.identity?.token, token);
    } else assert.deepEqual(sends(actions), [], golden.name);
    const parsed = JSON.parse(golden.frame) as ServerFrame;
    if ("s" in parsed && !parsed.o) assert.deepEqual(session.documents.view(parsed.s), parsed.v);
    if ("hydrated" in parsed) assert.equal(session.status, "live");
  }
});

test("golden frames: a call whose arguments would be a bad frame is not made", () => {
  const bad = badFrames.filter(({ name }) => name.startsWith("event_arguments_"));
  assert.ok(bad.length > 0);
  for (const { frame: text } of bad) {
    const { h, a } = JSON.parse(text) as { h: string; a: object };
    assert.throws(() => greeted().call(h, a), TypeError);
  }
});

for (const scenario of scenarios)
  test(`scenario ${scenario.name}: ${scenario.note}`, () => play(scenario));

async function play({ stored, steps }: Scenario): Promise<void> {
  const host = new FakeHost(stored);
  const link = new Link(host, "/");
  let answers: Record<string, string> = {};
  const identities: string[] = [];
  link.onIdentity((token) => identities.push(token));
  await host.flush();
  const states = new Set(steps.flatMap((step) => Object.keys(step.values ?? {})));

  for (const [n, step] of steps.entries()) {
    const where = `step ${n}: ${JSON.stringify(step)}`;
    const opened = host.transports.length;
    if (step.open) {
      if (lostBefore(steps, n)) host.fire();
      host.transport.events.opened();
    } else if (step.server !== undefined) host.transport.events.message(step.server);
    else if (step.lost) host.transport.events.closed(...step.lost);
    else if (step.call) {
      const { n: name, h, a } = step.call;
      link.call(h, a).then(
        () => (answers[name] = "ok"),
        (error: { code: string }) => (answers[name] = error.code),
      );
    }
    await host.flush();
    await settle();

    assert.deepEqual(host.transport.takeSent(), step.sends ?? [], where);
    assert.deepEqual(answers, step.answers ?? {}, where);
    answers = {};
    assert.deepEqual(
      identities.splice(0),
      step.identity === undefined ? [] : [step.identity],
      where,
    );
    if (step.identity !== undefined) assert.equal(link.clientToken, step.identity, where);
    if (step.status !== undefined) assert.equal(link.status, step.status, where);
    if (step.lost) assert.equal(host.timer !== undefined, !step.ends, where);
    if (!step.open) assert.equal(host.transports.length, opened, where);
    if (step.values) {
      const seen: Record<string, JsonObject> = {};
      for (const state of states) {
        const { value } = link.state(state);
        if (value !== undefined) seen[state] = value;
      }
      // What it holds is shown when the server has introduced everything.
      const shown = link.status === "live" || link.status === "resyncing" ? step.values : seen;
      assert.deepEqual(seen, shown, where);
    }
  }
}

/**
 * Whether the socket was lost since the last `open` before step `n`: the client opens the next one
 * after its delay.
 */
function lostBefore(steps: readonly Step[], n: number): boolean {
  const before = steps.slice(0, n).filter((step) => step.open ?? step.lost);
  return before.pop()?.lost !== undefined;
}
