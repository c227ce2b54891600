/** The programs of docs/frontends.md: they compile, with generated types in the program. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transform } from "esbuild";
import { compile } from "svelte/compiler";
import { compileScript, parse } from "vue/compiler-sfc";

declare const PACKAGE_FOLDER: string;

const page = readFileSync(join(PACKAGE_FOLDER, "../docs/frontends.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
  ([, language = "", text = ""]) => ({ language, text }),
);
const of = (language: string): readonly string[] =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);

/** The text of a page's or component's script. */
function script(text: string): string {
  return /<script[^>]*>\n(.*?)<\/script>/s.exec(text)?.[1] ?? "";
}

test("each block is in a language that is looked at here", () => {
  assert.deepEqual([...new Set(blocks.map(({ language }) => language))].sort(), [
    "html",
    "svelte",
    "ts",
    "tsx",
    "vue",
  ]);
});

test("TypeScript, and the scripts of components, pass tsc --strict", () => {
  const folder = join(PACKAGE_FOLDER, "node_modules/.cache/statelink-docs");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(PACKAGE_FOLDER, "test/typed/statelink.d.ts"), join(folder, "statelink.d.ts"));
  writeFileSync(
    join(folder, "bundler.d.ts"),
    `interface ImportMeta { readonly env: { readonly BASE_URL: string } }
     declare module "*.vue" { import type { Component } from "vue"; const of: Component; export default of; }`,
  );
  writeFileSync(
    join(folder, "link.ts"),
    'import { connect } from "statelink"; export const link = connect();',
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(PACKAGE_FOLDER, "test/typed/tsconfig.json"),
      compilerOptions: {
        noUnusedLocals: false,
        paths: {
          statelink: [join(PACKAGE_FOLDER, "src/index.ts")],
          "statelink/*": [join(PACKAGE_FOLDER, "src/*.ts")],
        },
      },
      include: ["."],
    }),
  );
  for (const [ending, texts] of [
    ["ts", [...of("ts"), ...[...of("vue"), ...of("svelte")].map(script)]],
    ["tsx", of("tsx")],
  ] as const)
    texts.forEach((text, n) =>
      writeFileSync(join(folder, `block${n}.${ending}`), text + "\nexport {};\n"),
    );
  const tsc = join(PACKAGE_FOLDER, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", folder], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stdout);
});

test("components and pages compile", async () => {
  for (const text of of("svelte"))
    assert.deepEqual(compile(text, { filename: "App.svelte" }).warnings, []);
  for (const text of of("vue")) {
    const { descriptor, errors } = parse(text);
    assert.deepEqual(errors, []);
    const { content } = compileScript(descriptor, { id: "app", inlineTemplate: true });
    assert.match(content, /unref\(link\)\.call|unref\(count\)/);
  }
  for (const text of of("html")) await transform(script(text), { loader: "js", format: "esm" });
});
