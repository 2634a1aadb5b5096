// What a node runs: a build of the agent, as the world drives it. Two builds in one world are what an upgrade is made of;
// the second may be the same code under another version, or another bundle altogether (scripts/mixed-builds.ts).

import { agentDeadline, createAgent, flushAgent, stepAgent } from "../core/agent/agent.ts";
import { dumpAgent, loadAgent } from "../core/agent/checkpoint.ts";
import { decodeRpc, encodeRpc } from "../core/wire/rpc.ts";

export interface AgentBuild {
  /** Told to users and written to logs: `AgentConfig.version` of its agents. */
  readonly version: string;
  readonly createAgent: typeof createAgent;
  readonly stepAgent: typeof stepAgent;
  readonly flushAgent: typeof flushAgent;
  readonly agentDeadline: typeof agentDeadline;
  readonly dumpAgent: typeof dumpAgent;
  readonly loadAgent: typeof loadAgent;
  readonly encodeRpc: typeof encodeRpc;
  readonly decodeRpc: typeof decodeRpc;
}

/** The code that this simulator was built with. */
export const THIS_BUILD: AgentBuild = {
  version: "0.0.0-sim",
  createAgent,
  stepAgent,
  flushAgent,
  agentDeadline,
  dumpAgent,
  loadAgent,
  encodeRpc,
  decodeRpc,
};

/** The same code under the version before: all that can be tried where no older bundle is at hand. */
export const BUILD_BEFORE: AgentBuild = { ...THIS_BUILD, version: "0.0.0-before" };
