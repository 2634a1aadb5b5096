// Builds what is published: dist/quorate.js, which runs the command line, dist/program.js; what that loads for the two
// commands that read a configuration, dist/agent.js and dist/validate.js; and dist/sim.js, the simulator, which has a core
// of its own with the planted bugs in it; and the same simulator as a library, dist/sim-library.js with its types
// (`import … from "quorate/sim"`). The others must not contain a single planted bug: this script looks for the name of
// each, and fails if it finds one.
//
// Bundles of CommonJS without blanks: an agent starts with them in four fifths of the CPU time that ES modules took,
// whose loader is most of the difference (scripts/bench.ts --only start). What an agent loads has what V8 compiled of it
// beside it (compiled/keep.ts).
//
//   npm run build

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { keepCompiled } from "./compiled/keep.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** In what runs agents `PLANTED && …` is dead code, and goes. */
const withoutPlantedBugs: Plugin = {
  name: "without planted bugs",
  setup({ onLoad }) {
    onLoad({ filter: /src\/core\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/\bPLANTED &&/g, "false &&"),
      loader: "ts",
    }));
  },
};

/** Whose code only some commands need stands in a file of its own beside the program. */
const PARTS: Readonly<Record<string, string>> = {
  "./commands/agent.ts": "./agent.js",
  "./commands/validate.ts": "./validate.js",
  "./sim/main.ts": "./sim.js",
};

const partsBeside: Plugin = {
  name: "parts beside",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(?:commands\/agent|commands\/validate|sim\/main)\.ts$/ }, ({ path }) => ({
      path: PARTS[path] ?? path,
      external: true,
    }));
  },
};

const MODULE_URL = 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;';

const common: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  outdir: dist,
  minifySyntax: true,
  minifyWhitespace: true,
  // A report of a broken invariant names functions and lines: both are to be of use.
  lineLimit: 110,
  legalComments: "none",
  external: ["koa", "@koa/router", "fs-native-extensions"],
  define: { "import.meta.url": "moduleUrl" },
  banner: { js: MODULE_URL },
  logLevel: "warning",
};

/** What src/adapters/cli/launch.ts runs: one function in each file, which gets what Node gives to modules of CommonJS. */
const launched: BuildOptions = {
  ...common,
  banner: { js: `(function(exports,require,module,__filename,__dirname){${MODULE_URL}` },
  footer: { js: "})" },
  plugins: [withoutPlantedBugs, partsBeside],
  // Parts are required: import() would load the loader of ES modules for them, and a script has none.
  supported: { "dynamic-import": false },
};

/** Every name that src says `planted(…, "name")` of. */
function plantedNames(): string[] {
  const sources = readdirSync(join(root, "src/core"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== join("lib", "planted.ts"))
    .map((file) => readFileSync(join(root, "src/core", file), "utf8"));
  const found = sources.flatMap((source) => [...source.matchAll(/planted\([^"()]*,\s*"([a-z0-9-]+)"/g)]);
  return [...new Set(found.map((match) => match[1] as string))];
}

/** Declarations of a file and of all that it speaks of, as the compiler writes them, into dist/types. */
function copyTypes(entry: string): void {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  execFileSync(process.execPath, [compiler, "-b", join(root, "src/sim")], { stdio: "inherit" });
  const from = join(root, "build/types");
  const waiting = [entry];
  const copied = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (copied.has(file)) continue;
    copied.add(file);
    cpSync(join(from, file), join(dist, "types", file));
    for (const match of readFileSync(join(from, file), "utf8").matchAll(/from "(\.[^"]+)\.ts"/g))
      waiting.push(relative(from, join(from, dirname(file), `${match[1]}.d.ts`)));
  }
}

rmSync(dist, { recursive: true, force: true });
const cli = join(root, "src/adapters/cli");
await build({ ...launched, entryPoints: { program: join(cli, "main.ts") } });
await build({
  ...launched,
  entryPoints: ["agent", "validate"].map((name) => join(cli, "commands", `${name}.ts`)),
});
await build({
  ...common,
  entryPoints: { launch: join(cli, "launch.ts") },
  banner: { js: "#!/usr/bin/env node" },
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
});
// The repository's own package.json says "module".
writeFileSync(join(dist, "package.json"), '{ "type": "commonjs" }\n');
const names = plantedNames();
const files = readdirSync(dist).filter((file) => file.endsWith(".js"));
for (const file of files) {
  const text = readFileSync(join(dist, file), "utf8");
  const left = names.filter((name) => text.includes(`"${name}"`));
  if (left.length > 0) throw new Error(`dist/${file} contains planted bugs: ${left.join(", ")}`);
}
await build({
  ...common,
  entryPoints: {
    sim: join(root, "src/adapters/cli/sim/main.ts"),
    "sim-library": join(root, "src/sim/library.ts"),
  },
});
copyTypes("sim/library.d.ts");
// Written from modules, whose imports of other packages they repeat.
writeFileSync(join(dist, "types/package.json"), '{ "type": "module" }\n');
const launch = join(dist, "launch.js");
await keepCompiled(launch);
chmodSync(launch, 0o755);
// Last of all: whoever finds it finds the rest.
renameSync(launch, join(dist, "quorate.js"));
console.log(
  `dist: ${files.length + 2} programs, none of ${names.length} planted bugs in ${files.length} of them`,
);
