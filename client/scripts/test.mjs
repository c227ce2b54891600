// Runs the tests: node's own runner on the bundled test files. Arguments select files by a part of
// their name. Those of test/frameworks run in a simulated page.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { svelteComponents } from "./svelte.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "node_modules/.cache/statelink-test");
const wanted = process.argv.slice(2);

/** The test files in `folder` that are wanted, bundled. */
async function bundled(folder, options = {}) {
  const tests = readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
    .sort();
  await build({
    absWorkingDir: root,
    entryPoints: tests.map((name) => `${folder}/${name}`),
    outdir: join(out, folder),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    define: {
      PROTOCOL_FOLDER: JSON.stringify(join(root, "../tests/protocol/")),
      PACKAGE_FOLDER: JSON.stringify(root),
    },
    ...options,
  });
  return tests.map((name) => join(out, folder, name.replace(/\.ts$/, ".mjs")));
}

function run(files, ...options) {
  if (files.length === 0) return;
  const { status } = spawnSync(
    process.execPath,
    ["--enable-source-maps", ...options, "--test", ...files],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exitCode = status ?? 1;
}

rmSync(out, { recursive: true, force: true });
run(await bundled("test"));
run(
  await bundled("test/frameworks", svelteComponents),
  "--import",
  pathToFileURL(join(root, "scripts/page.mjs")).href,
);
