// Builds dist/client.js, the bundle that the Python server serves. With --verify: fails where what is
// committed differs from a fresh build.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = join(root, "dist/client.js");

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["src/index.ts"],
  outfile: bundle,
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  banner: {
    js: "/* statelink browser client. Generated from client/src by `npm run build`: do not edit. */",
  },
});
const { text } = outputFiles[0];

if (!process.argv.includes("--verify")) writeFileSync(bundle, text);
else if (readFileSync(bundle, "utf8") === text)
  console.log("dist/client.js is what the sources give");
else {
  console.error("dist/client.js is not what the sources give: run npm run build");
  process.exitCode = 1;
}
