/** The package as npm gets it: what is in it, how large, and programs that use it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

declare const PACKAGE_FOLDER: string;

const KB = 1024;
const temporary = mkdtempSync(join(tmpdir(), "statelink-package-"));
after(() => rmSync(temporary, { recursive: true, force: true }));

const npm = (...args: readonly string[]): string =>
  execFileSync("npm", args, { cwd: PACKAGE_FOLDER, encoding: "utf8", stdio: "pipe" });
const tool = (name: string): string => join(PACKAGE_FOLDER, "node_modules", name);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

npm("run", "lib");
const [packed] = JSON.parse(
  npm("pack", "--dry-run", "--json", "--ignore-scripts"),
) as readonly Packed[];
npm("pack", "--ignore-scripts", "--pack-destination", temporary);
const tarball = join(temporary, packed?.filename ?? "");
const manifest = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
};

test("what is packed: modules with types and maps, their sources, and nothing else", () => {
  const paths = packed?.files.map(({ path }) => path) ?? [];
  const sources = paths.filter((path) => /^src\/[a-z]+\.ts$/.test(path));
  const modules = sources.map((path) => basename(path, ".ts"));
  assert.ok(modules.length > 10);
  const expected = modules.flatMap((name) =>
    [".js", ".js.map", ".d.ts", ".d.ts.map"].map((ending) => `lib/${name}${ending}`),
  );
  assert.deepEqual(
    [...paths].sort(),
    [...sources, ...expected, "LICENSE", "README.md", "package.json"].sort(),
  );
  for (const condition of Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  ))
    assert.ok(paths.includes(condition.replace("./", "")), condition);
});

test("source maps lead to the packed sources", () => {
  const map = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "lib/react.js.map"), "utf8")) as {
    readonly sources: readonly string[];
  };
  assert.deepEqual(map.sources, ["../src/react.ts"]);
});

test("publint has nothing to say", async () => {
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer },
    strict: true,
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  );
});

test("are the types wrong? no", () => {
  const cli = join(tool("@arethetypeswrong/cli"), "dist/index.js");
  execFileSync(process.execPath, [cli, tarball, "--profile", "esm-only", "--no-color"], {
    encoding: "utf8",
    stdio: "pipe",
  });
});

for (const [entry, budget] of [
  ["index", 8 * KB],
  ["react", KB],
  ["vue", KB],
  ["svelte", KB],
] as const) {
  test(`${entry} is at most ${budget} bytes, minified and gzipped`, async () => {
    const { outputFiles } = await build({
      absWorkingDir: PACKAGE_FOLDER,
      entryPoints: [`lib/${entry}.js`],
      write: false,
      bundle: true,
      minify: true,
      packages: "external",
      format: "esm",
      target: "es2022",
    });
    const size = gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
    assert.ok(size > 100 && size <= budget, `${size} bytes`);
  });
}

test("the bundle that the Python server serves is within the core's budget", () => {
  const bundle = readFileSync(join(PACKAGE_FOLDER, "dist/client.js"));
  const size = gzipSync(bundle, { level: 9 }).length;
  assert.ok(size <= 8 * KB, `${size} bytes`);
});

test("what a program does not use is left out of its bundle", async () => {
  const { outputFiles } = await build({
    stdin: { contents: 'import "./lib/index.js";', resolveDir: PACKAGE_FOLDER },
    write: false,
    bundle: true,
    format: "esm",
    logLevel: "error",
  });
  assert.equal(outputFiles[0]?.text, "");
});

test("an installed package: programs run in node and pass tsc --strict in each module resolution", () => {
  const project = join(temporary, "project");
  const installed = join(project, "node_modules/statelink");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  for (const name of ["react", "vue", "svelte", "@types", "@vue", "csstype"])
    symlinkSync(tool(name), join(project, "node_modules", name));
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(project, "states.d.ts"),
    'import "statelink"; declare module "statelink" { interface States { Room: { vars: { readonly n: number }; events: { inc: (args: { by: number }) => void } } } }',
  );
  writeFileSync(
    join(project, "program.ts"),
    `import { connect, StatelinkError } from "statelink";
     import { useShared } from "statelink/react";
     import { useShared as useSharedRef } from "statelink/vue";
     import { shared } from "statelink/svelte";
     const link = connect();
     const n: number | undefined = link.state("Room").value?.n;
     link.call("Room.inc", { by: 1 }).catch((error: unknown) => error instanceof StatelinkError && error.code);
     // @ts-expect-error no such state
     link.state("Rom");
     export const uses = [n, () => useShared("Room", (room) => room.n)?.toFixed(), () => useSharedRef("Room").value?.n, shared(link, "Room")];
    `,
  );
  for (const options of [
    "--module esnext --moduleResolution bundler",
    "--module nodenext --skipLibCheck",
  ])
    execFileSync(
      process.execPath,
      [
        join(tool("typescript"), "bin/tsc"),
        ...`--strict --noEmit --target es2022 ${options} states.d.ts program.ts`.split(" "),
      ],
      { cwd: project, encoding: "utf8", stdio: "pipe" },
    );
  const told = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { connect } from "statelink"; import * as react from "statelink/react"; import * as vue from "statelink/vue"; import * as svelte from "statelink/svelte";
       console.log(connect().status, Object.keys(react).join(), Object.keys(vue).join(), Object.keys(svelte).join());`,
    ],
    { cwd: project, encoding: "utf8" },
  );
  assert.equal(
    told,
    "connecting StatelinkProvider,useEvent,useLink,useShared,useStatus createStatelink,useEvent,useLink,useShared,useStatus shared,status\n",
  );
});
