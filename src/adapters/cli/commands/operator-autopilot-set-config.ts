// `operator autopilot set-config`: changes some of what autopilot is set to do, and leaves the rest. Another's change
// in between is not overwritten.

import { printDuration } from "../../../core/lib/duration.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { AUTOPILOT_PATH, type AutopilotFields, autopilotBody, fetchAutopilot } from "../autopilot-config.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";
import type { Flag, FlagValues } from "../flags.ts";

function own(name: string, kind: Flag["kind"], description: string): Flag {
  return { name, kind, description, consulType: true };
}

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator autopilot set-config [options]

  Changes autopilot's configuration. What is not given stays as it is.`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    own(
      "cleanup-dead-servers",
      "bool",
      "Whether servers that are dead are removed when new ones have come: `true|false`.",
    ),
    own(
      "last-contact-threshold",
      "duration",
      "How long the leader may not have heard a server that is to count as healthy, such as `200ms`.",
    ),
    own(
      "max-trailing-logs",
      "uint64",
      "How many entries a server may be behind the leader that is to count as healthy.",
    ),
    own("min-quorum", "uint64", "Below this many servers no dead one is removed."),
    own(
      "server-stabilization-time",
      "duration",
      "How long a new server must be healthy before it gets its vote, such as `10s`.",
    ),
    own(
      "redundancy-zone-tag",
      "string",
      "Kept, and without effect: zones are a feature of Consul Enterprise.",
    ),
    own(
      "disable-upgrade-migration",
      "bool",
      "Kept, and without effect: migration is a feature of Consul Enterprise: `true|false`.",
    ),
    own(
      "upgrade-version-tag",
      "string",
      "Kept, and without effect: migration is a feature of Consul Enterprise.",
    ),
  ],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runSetConfig,
};

async function runSetConfig({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  const fetched = await fetchAutopilot(client);
  if (!fetched.ok) return complain(io, `Error querying Autopilot configuration: ${fetched.error}`);
  const config = fetched.value;
  change(config, flags);
  const query = { cas: config.ModifyIndex };
  const body = autopilotBody(config);
  const answer = expectOk(await callApi(client, { method: "PUT", path: AUTOPILOT_PATH, query, body }));
  if (!answer.ok) return complain(io, `Error setting Autopilot configuration: ${answer.error}`);
  if (!answer.body.toString().includes("true"))
    return complain(io, "Configuration could not be atomically updated, please try again");
  say(io, "Configuration updated!");
  return 0;
}

function change(config: AutopilotFields, flags: FlagValues): void {
  const given = <T>(name: string, take: (value: T) => void): void => {
    const value = flags.get(name);
    if (value !== undefined) take(value as T);
  };
  given<boolean>("cleanup-dead-servers", (value) => {
    config.CleanupDeadServers = value;
  });
  given<number>("last-contact-threshold", (ns) => {
    config.LastContactThreshold = printDuration(ns);
  });
  given<bigint>("max-trailing-logs", (value) => {
    config.MaxTrailingLogs = String(value);
  });
  given<bigint>("min-quorum", (value) => {
    config.MinQuorum = String(value);
  });
  given<number>("server-stabilization-time", (ns) => {
    config.ServerStabilizationTime = printDuration(ns);
  });
  given<string>("redundancy-zone-tag", (value) => {
    config.RedundancyZoneTag = value;
  });
  given<boolean>("disable-upgrade-migration", (value) => {
    config.DisableUpgradeMigration = value;
  });
  given<string>("upgrade-version-tag", (value) => {
    config.UpgradeVersionTag = value;
  });
}
