// `sim` and `replay`: the simulator from the command line. This is the entry of a bundle of its own, whose core has the
// planted bugs in it; a campaign's worker threads enter here too.

import { isMainThread, workerData } from "node:worker_threads";
import type { CommandTable } from "../command.ts";
import { runCli } from "../dispatch.ts";
import type { Io } from "../io.ts";
import { isCampaignTask, runCampaignWorker } from "./campaign-worker.ts";

const COMMANDS: CommandTable = {
  sim: { synopsis: "Runs clusters in the simulator", load: async () => (await import("./about.ts")).parent },
  "sim campaign": {
    synopsis: "Runs many seeds of the swarm on all cores",
    load: async () => (await import("./campaign.ts")).command,
  },
  "sim explore": {
    synopsis: "Looks at everything that can happen in a small scope of Raft",
    load: async () => (await import("./explore.ts")).command,
  },
  "sim gossip": {
    synopsis: "Runs pools of gossip alone, of a few members or of thousands",
    load: async () => (await import("./gossip.ts")).command,
  },
  "sim guided": {
    synopsis: "Searches random runs of Raft, and goes on from those that are like none before",
    load: async () => (await import("./guided.ts")).command,
  },
  "sim list": {
    synopsis: "Lists the stories and the planted bugs",
    load: async () => (await import("./list.ts")).command,
  },
  "sim merge": {
    synopsis: "Adds up the campaigns of several machines",
    load: async () => (await import("./merge.ts")).command,
  },
  "sim run": {
    synopsis: "Tells one story, of ours or of yours, and judges it",
    load: async () => (await import("./run.ts")).command,
  },
  "sim shrink": {
    synopsis: "Makes a failing run as short as it can be",
    load: async () => (await import("./shrink.ts")).command,
  },
  replay: {
    synopsis: "Runs a recorded trace again and compares every effect",
    load: async () => (await import("./replay.ts")).command,
  },
};

/** @returns The exit code. */
export function runSim(args: readonly string[], io: Io): Promise<number> {
  return runCli(["sim", ...args], io, COMMANDS);
}

/** @returns The exit code. */
export function runReplay(args: readonly string[], io: Io): Promise<number> {
  return runCli(["replay", ...args], io, COMMANDS);
}

if (!isMainThread && isCampaignTask(workerData)) runCampaignWorker(workerData);
