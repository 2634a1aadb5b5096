// `debug`: gathers what an operator, or whoever helps one, wants to know of an agent that behaves strangely.

import { mkdirSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { printDuration } from "../../../core/lib/duration.ts";
import { errnoText } from "../../config/go-text.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain } from "../command.ts";
import { isArchivable, writeArchive } from "../debug-archive.ts";
import {
  type Capture,
  captureDynamic,
  captureMetrics,
  captureStatic,
  changes,
  fetchJson,
  isTarget,
  TARGETS,
  type Target,
  writeJson,
} from "../debug-capture.ts";
import { capturePastLog } from "../debug-past.ts";
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
        "What to gather: metrics, logs, host, agent or cluster (members, as later Consuls call it). May be given several times. The default is all of it.",
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
    {
      name: "since",
      kind: "duration",
      description:
        "Gathers at once what there is, with what the agent has written to its log files (log_file) in so long before, and watches nothing. On the agent's own machine.",
    },
  ],
  flagErrorPrefix: "==> Error parsing flags: ",
  run: runDebug,
};

const LEAST_DURATION_NS = 10e9;
const LEAST_INTERVAL_NS = 5e9;

interface Plan {
  readonly self: unknown;
  readonly targets: readonly Target[];
  readonly durationNs: number;
  readonly intervalNs: number;
  /** How far back, instead of for how long to watch. */
  readonly sinceNs: number | undefined;
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
  const sinceNs = numberFlag(flags, "since");
  const output = mustStringFlag(flags, "output");
  const folder = resolve(io.cwd, output);
  const untimely = timingFault(durationNs, intervalNs, sinceNs);
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
  const plan: Plan = { self: self.value, targets, durationNs, intervalNs, sinceNs, result };
  introduce(io, plan);

  const captured = { client, folder, targets };
  for (const error of await captureStatic(captured)) complain(io, `Static capture failed: ${error}`);
  if (sinceNs !== undefined) await gatherPast(captured, plan, io);
  else if (changes(targets)) await watch(captured, plan, io);
  writeJson(`${folder}/index.json`, {
    Version: 1,
    AgentVersion: versionOf(self.value),
    Interval: printDuration(intervalNs),
    Duration: printDuration(durationNs),
    Targets: targets,
  });
  if (archived) {
    try {
      writeArchive(folder);
    } catch (error) {
      return complain(io, `Archive creation failed: ${errnoText(error)}`);
    }
    rmSync(folder, { recursive: true });
  }
  io.stdout(`    Saved debug archive: ${result}\n`);
  return 0;
}

type Captured = Pick<Capture, "client" | "folder" | "targets">;

async function watch(captured: Captured, { durationNs, intervalNs }: Plan, io: Io): Promise<void> {
  const interruption = awaitInterruption();
  let intervals = 0;
  io.stdout(`==> Beginning capture interval ${goTime(Date.now())} (0)\n`);
  await captureDynamic({
    ...captured,
    durationMs: durationNs / 1e6,
    intervalMs: intervalNs / 1e6,
    stop: interruption.signal,
    onInterval: (unixSeconds, error) => {
      intervals++;
      if (error === undefined)
        io.stdout(`==> Capture successful ${goTime(unixSeconds * 1000)} (${intervals})\n`);
      else complain(io, `==> Capture failure ${error}`);
    },
  });
  interruption.forget();
  if (interruption.signal.aborted)
    complain(io, "==> Error encountered during collection: stopping collection due to shutdown signal");
}

async function gatherPast(
  { client, folder, targets }: Captured,
  { self, sinceNs }: Plan,
  io: Io,
): Promise<void> {
  const log = `${folder}/consul.log`;
  const sinceMs = Date.now() - (sinceNs ?? 0) / 1e6;
  const errors = [
    targets.includes("metrics") ? await captureMetrics(client, folder) : undefined,
    targets.includes("logs") ? capturePastLog(self, io.cwd, sinceMs, log) : undefined,
  ];
  for (const error of errors) if (error !== undefined) complain(io, `==> Capture failure ${error}`);
}

/** @returns What is wrong, in Consul's words. */
function timingFault(
  durationNs: number,
  intervalNs: number,
  sinceNs: number | undefined,
): string | undefined {
  if (sinceNs !== undefined) return sinceNs > 0 ? undefined : "since must be longer than 0s";
  const least = printDuration(LEAST_DURATION_NS);
  if (durationNs < LEAST_DURATION_NS) return `duration must be longer than ${least}`;
  // Consul names the other bound here too.
  if (intervalNs < LEAST_INTERVAL_NS) return `interval must be longer than ${least}`;
  if (durationNs >= intervalNs) return undefined;
  return `duration (${printDuration(durationNs)}) must be longer than interval (${printDuration(intervalNs)})`;
}

/** What the flags ask for, or the first that there is none of. */
function targetsOf(flags: FlagValues, io: Io): readonly Target[] | string {
  const wanted = listFlag(flags, "capture");
  const unknown = wanted.find((name) => name !== "pprof" && !isTarget(name));
  if (unknown !== undefined) return unknown;
  if (wanted.length === 0 || wanted.includes("pprof"))
    complain(
      io,
      "[WARN] Unable to capture pprof. Set enable_debug to true on target agent to enable profiling.",
    );
  return wanted.length === 0 ? TARGETS : wanted.filter(isTarget);
}

/** @returns What is wrong. */
function makeFolder(folder: string, shown: string): string | undefined {
  if (!isArchivable(folder)) return `output name is too long: ${shown}`;
  if (shown !== "" && mayBeThere(folder)) return `output directory already exists: ${shown}`;
  const failed = (why: string): string => `could not create output directory: mkdir ${shown}: ${why}`;
  if (shown === "") return failed("no such file or directory");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return undefined;
  } catch (error) {
    return failed(errnoText(error));
  }
}

/** Nobody can tell what is below a file, or in a folder that is closed to us. */
function mayBeThere(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}

function introduce(io: Io, { self, targets, durationNs, intervalNs, sinceNs, result }: Plan): void {
  const times =
    sinceNs === undefined
      ? `          Interval: '${printDuration(intervalNs)}'
          Duration: '${printDuration(durationNs)}'`
      : `             Since: '${printDuration(sinceNs)}'`;
  io.stdout(`==> Starting debugger and capturing static information...
     Agent Version: '${versionOf(self)}'
${times}
            Output: '${result}'
           Capture: '${targets.join(", ")}'
`);
}

function versionOf(self: unknown): string {
  const { Config } = (self ?? {}) as { readonly Config?: { readonly Version?: string } };
  return Config?.Version ?? "";
}

/** As Go prints a time: "2026-11-21 22:56:52.25 +0000 UTC". */
function goTime(unixMs: number): string {
  const [date, time = ""] = new Date(unixMs).toISOString().split(/[TZ]/);
  return `${date} ${time.replace(/\.?0+$/, "")} +0000 UTC`;
}
