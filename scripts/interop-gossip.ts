// Real Consul agents, Serf's agent and ours in one LAN: who sees whom, and what becomes of it when somebody dies, stands
// still, leaves, is forced out, comes back. Prints one line per promise; any that breaks ends the script with 1. What
// happens is in scripts/interop/scenarios, one file for each LAN.
//
//   npx tsx scripts/interop-gossip.ts                 all of them, some at once
//   npx tsx scripts/interop-gossip.ts --only NAME     one of them (again for another)
//   npx tsx scripts/interop-gossip.ts --list          their names

import { exitOnSignals } from "../test/support/children.ts";
import { programPath } from "../test/support/program.ts";
import { BETWEEN_TWO } from "./interop/scenarios/between-two.ts";
import {
  BECOMES_ENCRYPTED,
  ENCRYPTED_UNDER_CONSULS,
  ENCRYPTED_UNDER_OURS,
} from "./interop/scenarios/encrypted.ts";
import { EVENTS_AND_QUERIES } from "./interop/scenarios/events-and-queries.ts";
import { FEDERATION } from "./interop/scenarios/federation.ts";
import { RETURNS } from "./interop/scenarios/returns.ts";
import { UNDER_CONSULS_SERVER } from "./interop/scenarios/under-consuls-server.ts";
import { UNDER_OUR_SERVER } from "./interop/scenarios/under-our-server.ts";
import { type InteropScenario, isInstalled } from "./interop/with-lan.ts";
import { readOptions } from "./options.ts";
import type { Promises } from "./report/promises.ts";

/** The long ones first: the others fill the gaps that they leave. */
const SCENARIOS: readonly InteropScenario[] = [
  RETURNS,
  UNDER_CONSULS_SERVER,
  UNDER_OUR_SERVER,
  EVENTS_AND_QUERIES,
  ENCRYPTED_UNDER_OURS,
  ENCRYPTED_UNDER_CONSULS,
  BECOMES_ENCRYPTED,
  BETWEEN_TWO,
  FEDERATION,
];
/** LANs that live side by side: more would make each other's agents late, which is what is to be told from dead. */
const AT_ONCE = 3;

async function main(): Promise<number> {
  const { values } = readOptions({
    options: { only: { type: "string", multiple: true }, list: { type: "boolean" } },
  });
  if (values.list) {
    for (const { name } of SCENARIOS) console.log(name);
    return 0;
  }
  const unknown = values.only?.find((name) => !SCENARIOS.some((each) => each.name === name));
  if (unknown !== undefined) {
    console.log(`there is no scenario ${unknown}; --list names them`);
    return 1;
  }
  if (!isInstalled("consul")) {
    console.log("skipped: there is no consul to speak with (Debian has it in the package consul)");
    return 0;
  }
  if (!isInstalled("serf")) console.log("Serf is left out: it is not installed (Debian: package serf)");
  programPath();
  const possible = SCENARIOS.filter(({ linuxOnly }) => linuxOnly !== true || process.platform === "linux");
  return runAll(possible.filter(({ name }) => values.only?.includes(name) ?? true));
}

/** @returns The exit code. */
async function runAll(scenarios: readonly InteropScenario[]): Promise<number> {
  const counts: Promises = { held: 0, broken: 0 };
  const waiting = [...scenarios];
  const failures: string[] = [];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const own: Promises = { held: 0, broken: 0 };
      await next.run(own).catch((error: unknown) => {
        failures.push(error instanceof Error ? error.message : String(error));
      });
      counts.held += own.held;
      counts.broken += own.broken;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const message of failures) console.log(message);
  console.log(`${counts.held} held, ${counts.broken} broken`);
  return failures.length === 0 ? 0 : 1;
}

exitOnSignals();
process.exitCode = await main();
