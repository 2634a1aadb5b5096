// Which processors servers and load may use, how much of them somebody else used meanwhile.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export interface Place {
  readonly name: string;
  /** As taskset takes them; undefined for all. */
  readonly serverCpus: string | undefined;
  readonly loadCpus: string | undefined;
}

/** All servers share the first core; the load has the second for itself. */
export const ONE_CORE: Place = { name: "1 core", serverCpus: "0", loadCpus: "1" };
/** Whoever wants to runs where there is room. */
export const ALL_CORES: Place = {
  name: `${availableParallelism()} cores`,
  serverCpus: undefined,
  loadCpus: undefined,
};

/** The command line that runs another one on these processors only. */
export function pinned(cpus: string | undefined, command: readonly string[]): readonly string[] {
  return cpus === undefined ? command : ["taskset", "-c", cpus, ...command];
}

/** Seconds of CPU that all processes of the machine have used, the hypervisor's theft included. */
export function machineCpuSeconds(): number {
  const [line] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user, nice, system, , , irq, softIrq, steal] = (line ?? "").trim().split(/\s+/).slice(1).map(Number);
  return (
    [user, nice, system, irq, softIrq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / 100
  );
}
