// Builds what is published: dist/quorate.js, the program, in which a command's code is loaded when it is run; and
// dist/sim.js, the simulator, which has a core of its own with the planted bugs in it. The program must not contain a
// single planted bug: this script looks for the name of each, and fails if it finds one.
//
//   npm run build

import { chmodSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** In the program `PLANTED && …` is dead code, and goes. */
const withoutPlantedBugs: Plugin = {
  name: "without planted bugs",
  setup({ onLoad }) {
    onLoad({ filter: /src\/core\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/\bPLANTED &&/g, "false &&"),
      loader: "ts",
    }));
  },
};

/** The simulator is another file, which the commands `sim` and `replay` load. */
const simulatorBeside: Plugin = {
  name: "simulator beside",
  setup({ onResolve }) {
    onResolve({ filter: /\/sim\/main\.ts$/ }, () => ({ path: "./sim.js", external: true }));
  },
};

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  outdir: dist,
  minifySyntax: true,
  legalComments: "none",
  external: ["koa", "@koa/router", "fs-native-extensions"],
  logLevel: "warning",
};

/** Every name that src says `planted(…, "name")` of. */
function plantedNames(): string[] {
  const sources = readdirSync(join(root, "src/core"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== join("lib", "planted.ts"))
    .map((file) => readFileSync(join(root, "src/core", file), "utf8"));
  const found = sources.flatMap((source) => [...source.matchAll(/planted\([^"()]*,\s*"([a-z0-9-]+)"/g)]);
  return [...new Set(found.map((match) => match[1] as string))];
}

rmSync(dist, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { quorate: join(root, "src/adapters/cli/main.ts") },
  splitting: true,
  chunkNames: "lib/[name]-[hash]",
  banner: { js: "#!/usr/bin/env node" },
  plugins: [withoutPlantedBugs, simulatorBeside],
});
const names = plantedNames();
const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
for (const file of files) {
  const text = readFileSync(join(dist, file), "utf8");
  const left = names.filter((name) => text.includes(`"${name}"`));
  if (left.length > 0) throw new Error(`dist/${file} contains planted bugs: ${left.join(", ")}`);
}
await build({ ...common, entryPoints: { sim: join(root, "src/adapters/cli/sim/main.ts") } });
chmodSync(join(dist, "quorate.js"), 0o755);
console.log(`dist: ${files.length + 1} files, none of ${names.length} planted bugs in the program`);
