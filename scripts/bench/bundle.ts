// A script of the benchmarks, bundled as `npm run build` bundles the simulator: so it runs for those who use it. Loaded
// module by module, no constant of another module is a constant for the compiler.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

/** @param use Gets the bundle's path, which is good while it runs. */
export function withBundle<T>(script: string, use: (bundle: string) => T): T {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/bench-sim-"));
  try {
    const bundle = join(folder, "world.cjs");
    buildSync({
      entryPoints: [script],
      outfile: bundle,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      minifySyntax: true,
      minifyWhitespace: true,
      logLevel: "warning",
    });
    return use(bundle);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
