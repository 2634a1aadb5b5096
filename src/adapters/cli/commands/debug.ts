// `debug`: gathers what an operator, or whoever helps one, wants to know of an agent that behaves strangely.

import { mkdirSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { printDuration } from "../../../core/lib/duration.ts";
import { errnoText } from "../../config/go-text.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain } from "../command.ts";
import {
  type Capture,
  captureDynamic,
  captureStatic,
  fetchJson,
  isArchivable,
  TARGETS,
  type Target,
  writeArchive,
  writeJson,
} from "../debug-capture.ts";
import { boolFlag, type FlagValues, listFlag, mustStringFlag, numberFlag } from "../flags.ts";
import { awaitInterruption } from "../interruption.ts";
import type { Io } from "../io.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} debug [options]

  Watches an agent for a while and puts what it sees into an archive: its
  configuration, its machine, the members that it knows, what it measures and
  its log. Look at what is in it before you show it to others.

      $ ${program} debug -duration=30s -interval=10s -capture=metrics -capture=logs`,
  flags: [
    ...CLIENT_FLAGS,
    {
      name: "archive",
      kind: "bool",
      description: "Makes one compressed file of what was gathered; otherwise it stays a folder.",
      fallback: "true",
    },
    {
      name: "capture",
      kind: "list",
      description:
        "What to gather: metrics, logs, host, agent or cluster. May be given several times. The default is all of it.",
    },
    { name: "duration", kind: "duration", description: "For how long to watch.", fallback: "2m0s" },
    {
      name: "interval",
      kind: "duration",
      description: "How often to look at what changes.",
      fallback: "30s",
    },
    {
      name: "output",
      kind: "string",
      description: "The folder to be made, or the archive without its .tar.gz.",
      fallback: `consul-debug-${Math.floor(Date.now() / 1000)}`,
    },
  ],
  run: runDebug,
};

const LEAST_DURATION_NS = 10e9;
const LEAST_INTERVAL_NS = 5e9;

interface Plan {
  readonly targets: ReadonlySet<Target>;
  readonly durationNs: number;
  readonly intervalNs: number;
  /** What it will have made. */
  readonly result: string;
}

async function runDebug({ args, flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  if (args.length > 0) return complain(io, "==> debug: Too many arguments provided, expected 0");
  const invalid = (why: string): number => complain(io, `==> Capture validation failed: ${why}`);
  const durationNs = numberFlag(flags, "duration") ?? 0;
  const intervalNs = numberFlag(flags, "interval") ?? 0;
  const output = mustStringFlag(flags, "output");
  const folder = resolve(io.cwd, output);
  const untimely = timingFault(durationNs, intervalNs);
  if (untimely !== undefined) return invalid(untimely);
  const self = await fetchJson(client, "/v1/agent/self");
  if (!self.ok)
    return invalid(`error querying target agent: ${self.error}. verify connectivity and agent address`);
  const targets = targetsOf(flags, io);
  if (typeof targets === "string") return invalid(`target not found: ${targets}`);
  const made = makeFolder(folder, output);
  if (made !== undefined) return invalid(made);
  const archived = boolFlag(flags, "archive");
  const result = archived ? `${output}.tar.gz` : output;
  introduce(io, versionOf(self.value), { targets, durationNs, intervalNs, result });

  const interruption = awaitInterruption();
  let intervals = 0;
  const capture: Capture = {
    client,
    folder,
    targets,
    durationMs: durationNs / 1e6,
    intervalMs: intervalNs / 1e6,
    stop: interruption.signal,
    onInterval: (unixSeconds, error) => {
      intervals++;
      if (error === undefined) io.stdout(`==> Capture successful ${goTime(unixSeconds)} (${intervals})\n`);
      else complain(io, `==> Capture failure ${error}`);
    },
  };
  for (const error of await captureStatic(capture)) complain(io, `==> Static capture failed: ${error}`);
  io.stdout(`==> Beginning capture interval ${goTime(Math.floor(Date.now() / 1000))} (0)\n`);
  await captureDynamic(capture);
  interruption.forget();
  if (interruption.signal.aborted)
    complain(io, "==> Error encountered during collection: stopping collection due to shutdown signal");
  writeJson(`${folder}/index.json`, {
    Version: 1,
    AgentVersion: versionOf(self.value),
    Interval: printDuration(intervalNs),
    Duration: printDuration(durationNs),
    Targets: [...targets],
  });
  if (archived) {
    try {
      writeArchive(folder);
    } catch (error) {
      return complain(io, `==> Archive creation failed: ${errnoText(error)}`);
    }
    rmSync(folder, { recursive: true });
  }
  io.stdout(`    Saved debug archive: ${result}\n`);
  return 0;
}

/** @returns What is wrong, in Consul's words. */
function timingFault(durationNs: number, intervalNs: number): string | undefined {
  const least = printDuration(LEAST_DURATION_NS);
  if (durationNs < LEAST_DURATION_NS) return `duration must be longer than ${least}`;
  // Consul names the other bound here too.
  return intervalNs < LEAST_INTERVAL_NS ? `interval must be longer than ${least}` : undefined;
}

/** What the flags ask for, or the first that there is none of. */
function targetsOf(flags: FlagValues, io: Io): ReadonlySet<Target> | string {
  const wanted = listFlag(flags, "capture");
  const unknown = wanted.find((name) => name !== "pprof" && !isTarget(name));
  if (unknown !== undefined) return unknown;
  if (wanted.length === 0 || wanted.includes("pprof"))
    complain(
      io,
      "[WARN] Unable to capture pprof. Set enable_debug to true on target agent to enable profiling.",
    );
  return new Set(wanted.length === 0 ? TARGETS : wanted.filter(isTarget));
}

function isTarget(name: string): name is Target {
  return TARGETS.some((each) => each === name);
}

/** @returns What is wrong. */
function makeFolder(folder: string, shown: string): string | undefined {
  if (!isArchivable(folder)) return `output name is too long: ${shown}`;
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined)
    return `output directory already exists: ${shown}`;
  try {
    mkdirSync(folder, { mode: 0o755 });
    return undefined;
  } catch (error) {
    return `could not create output directory: mkdir ${shown}: ${errnoText(error)}`;
  }
}

function introduce(io: Io, version: string, { targets, durationNs, intervalNs, result }: Plan): void {
  io.stdout(`==> Starting debugger and capturing static information...
     Agent Version: '${version}'
          Interval: '${printDuration(intervalNs)}'
          Duration: '${printDuration(durationNs)}'
            Output: '${result}'
           Capture: '${[...targets].join(", ")}'
`);
}

function versionOf(self: unknown): string {
  const { Config } = (self ?? {}) as { readonly Config?: { readonly Version?: string } };
  return Config?.Version ?? "";
}

/** As Go prints a time: "2026-11-21 22:56:52 +0000 UTC". */
function goTime(unixSeconds: number): string {
  const iso = new Date(unixSeconds * 1000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +0000 UTC`;
}
