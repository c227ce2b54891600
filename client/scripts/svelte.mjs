// esbuild options for tests with Svelte components: they are compiled, and bundled with Svelte's
// browser runtime, where node would take the one for servers.
import { readFile } from "node:fs/promises";
import { compile } from "svelte/compiler";

export const svelteComponents = {
  packages: "bundle",
  external: ["react", "react-dom", "@testing-library/*", "vue"],
  conditions: ["browser"],
  plugins: [
    {
      name: "svelte",
      setup({ onLoad }) {
        onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
          const source = await readFile(path, "utf8");
          return { contents: compile(source, { filename: path, generate: "client" }).js.code };
        });
      },
    },
  ],
};
