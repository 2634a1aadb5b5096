// A core of its own for a simulated world: the sources that lie in some folder, as a bundle that shares nothing with the
// ones that the test itself imports.

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { AgentBuild } from "../../src/sim/builds.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What a world needs of a core, from wherever that core is. */
const ENTRY = `
export { agentDeadline, createAgent, flushAgent, stepAgent } from "./src/core/agent/agent.ts";
export { dumpAgent, loadAgent } from "./src/core/agent/checkpoint.ts";
export { decodeRpc, encodeRpc } from "./src/core/wire/rpc.ts";
`;

/** The core that lies in a folder, as a build of its own. */
export async function bundleBuild(folder: string, version: string, outfile: string): Promise<AgentBuild> {
  await build({
    stdin: { contents: ENTRY, resolveDir: folder, loader: "ts" },
    nodePaths: [join(ROOT, "node_modules")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  const core = (await import(pathToFileURL(outfile).href)) as Omit<AgentBuild, "version">;
  return { ...core, version };
}
