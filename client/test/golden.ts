/** The golden files of `tests/protocol`, whose README explains them. */
import { readFileSync, readdirSync } from "node:fs";
import type { JsonObject } from "../src/protocol.js";
import type { Identity, Status } from "../src/session.js";

/** Put in by scripts/test.mjs. */
declare const PROTOCOL_FOLDER: string;

export interface GoldenFrame {
  readonly name: string;
  readonly direction: "client" | "server";
  readonly frame: string;
  readonly note: string;
}

export interface Step {
  readonly open?: true;
  readonly server?: string;
  readonly call?: { readonly n: number; readonly h: string; readonly a?: object };
  readonly lost?: readonly [code: number, reason: string];
  readonly sends?: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
  readonly identity?: string;
  readonly ends?: true;
  readonly values?: Readonly<Record<string, JsonObject>>;
  readonly status?: Status;
}

export interface Scenario {
  readonly name: string;
  readonly note: string;
  readonly stored?: Identity;
  readonly steps: readonly Step[];
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(PROTOCOL_FOLDER + path, "utf8")) as T;
}

export const frames = read<GoldenFrame[]>("frames.json");
export const badFrames = read<{ name: string; frame: string; why: string }[]>("bad_frames.json");
export const scenarios = readdirSync(PROTOCOL_FOLDER + "scenarios")
  .sort()
  .map((file) => read<Scenario>("scenarios/" + file));

export function frame(name: string): string {
  const found = frames.find((golden) => golden.name === name);
  if (!found) throw new Error("no golden frame " + name);
  return found.frame;
}
