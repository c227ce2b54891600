// Builds dist/client.js and its types. With --verify: fails where what is committed differs from a
// fresh build.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 8 * 1024; // Bytes of the bundle, gzipped.
const root = fileURLToPath(new URL("..", import.meta.url));
const verify = process.argv.includes("--verify");
const dist = verify ? mkdtempSync(join(tmpdir(), "statelink-")) : join(root, "dist");

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}

try {
  if (!verify) rmSync(dist, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["src/index.ts"],
    outfile: join(dist, "client.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    banner: {
      js: "/* statelink browser client. Generated from client/src by `npm run build`: do not edit. */",
    },
  });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(
    process.execPath,
    [tsc, "-p", join(root, "tsconfig.types.json"), "--outDir", join(dist, "types")],
    { stdio: "inherit" },
  );

  const size = gzipSync(readFileSync(join(dist, "client.js")), { level: 9 }).length;
  console.log(`client.js: ${size} bytes gzipped`);
  if (size > LIMIT) throw new Error(`client.js is above its limit of ${LIMIT} bytes gzipped`);
  if (verify) {
    const committed = join(root, "dist");
    const stale = [...new Set([...files(dist), ...files(committed)])].filter((name) => {
      const [fresh, old] = [dist, committed].map(
        (folder) => files(folder).includes(name) && readFileSync(join(folder, name), "utf8"),
      );
      return fresh !== old;
    });
    if (stale.length > 0)
      throw new Error(`not what the sources give, run npm run build: ${stale.join(", ")}`);
    console.log("dist is what the sources give");
  }
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  if (verify) rmSync(dist, { recursive: true, force: true });
}
