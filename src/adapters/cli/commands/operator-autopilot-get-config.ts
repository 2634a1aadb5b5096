// `operator autopilot get-config`: what autopilot is set to do.

import { quoteText } from "../../../core/lib/go-quote.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { fetchAutopilot } from "../autopilot-config.ts";
import { connectApi } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator autopilot get-config [options]

  Shows autopilot's configuration.`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runGetConfig,
};

async function runGetConfig({ flags, io }: Call): Promise<number> {
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  const fetched = await fetchAutopilot(client);
  if (!fetched.ok) return complain(io, `Error querying Autopilot configuration: ${fetched.error}`);
  const config = fetched.value;
  say(
    io,
    [
      `CleanupDeadServers = ${config.CleanupDeadServers}`,
      `LastContactThreshold = ${config.LastContactThreshold}`,
      `MaxTrailingLogs = ${config.MaxTrailingLogs}`,
      `MinQuorum = ${config.MinQuorum}`,
      `ServerStabilizationTime = ${config.ServerStabilizationTime}`,
      `RedundancyZoneTag = ${quoteText(config.RedundancyZoneTag)}`,
      `DisableUpgradeMigration = ${config.DisableUpgradeMigration}`,
      `UpgradeVersionTag = ${quoteText(config.UpgradeVersionTag)}`,
    ].join("\n"),
  );
  return 0;
}
