// Runs the tests: node's own runner on the bundled test files. Arguments select files by a part of
// their name.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "node_modules/.cache/statelink-test");
const wanted = process.argv.slice(2);
const tests = readdirSync(join(root, "test"))
  .filter(
    (name) =>
      name.endsWith(".test.ts") &&
      (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  )
  .sort();

rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: tests.map((name) => `test/${name}`),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  define: { PROTOCOL_FOLDER: JSON.stringify(join(root, "../tests/protocol/")) },
});
const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
