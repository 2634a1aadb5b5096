// `operator autopilot state`: how healthy the servers are, in the form of Consul 1.9 and later.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { quoteText } from "../../../core/lib/go-quote.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, OPERATOR_FLAG_ERROR, say } from "../command.ts";
import { mustStringFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator autopilot state [options]

  Shows how healthy the servers are in the leader's eyes, and how many of them
  may fail before the cluster stops.`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    { name: "format", kind: "string", fallback: "pretty", description: "How it is shown: `pretty|json`." },
  ],
  flagErrorPrefix: OPERATOR_FLAG_ERROR,
  run: runState,
};

interface ServerState {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly Version: string;
  readonly Status: string;
  readonly NodeType?: string;
  readonly NodeStatus: string;
  readonly Healthy: boolean;
  readonly LastContact: string;
  readonly LastTerm: number;
  readonly LastIndex: number;
  readonly Meta?: Readonly<Record<string, string>> | null;
}

interface State {
  readonly Healthy: boolean;
  readonly FailureTolerance: number;
  readonly OptimisticFailureTolerance: number;
  readonly Leader: string;
  readonly Voters?: readonly string[] | null;
  readonly Servers?: Readonly<Record<string, ServerState>> | null;
}

async function runState({ flags, io }: Call): Promise<number> {
  const format = mustStringFlag(flags, "format");
  if (format !== "pretty" && format !== "json") return complain(io, `Unknown format: ${format}`);
  const client = connectApi(flags, io, "Error initializing client");
  if (client === undefined) return 1;
  const answer = expectOk(await callApi(client, { method: "GET", path: "/v1/operator/autopilot/state" }));
  const read = answerJson(answer);
  if (!read.ok) return complain(io, `Error querying Autopilot state: ${read.error}`);
  say(io, format === "json" ? JSON.stringify(read.value, undefined, 4) : pretty(read.value as State));
  return 0;
}

function pretty(state: State): string {
  const servers = Object.entries(state.Servers ?? {}).sort(([a], [b]) => compareStrings(a, b));
  return [
    `Healthy:                      ${state.Healthy}`,
    `Failure Tolerance:            ${state.FailureTolerance}`,
    `Optimistic Failure Tolerance: ${state.OptimisticFailureTolerance}`,
    `Leader:                       ${state.Leader}`,
    "Voters:",
    ...(state.Voters ?? []).map((id) => `   ${id}`),
    "Servers:",
    ...servers.flatMap(([, server]) => serverLines(server)),
    "",
  ].join("\n");
}

function serverLines(server: ServerState): string[] {
  const facts: readonly (readonly [name: string, value: string | number | boolean])[] = [
    ["Name", server.Name],
    ["Address", server.Address],
    ["Version", server.Version],
    ["Status", server.Status],
    ["Node Type", server.NodeType ?? ""],
    ["Node Status", server.NodeStatus],
    ["Healthy", server.Healthy],
    ["Last Contact", server.LastContact],
    ["Last Term", server.LastTerm],
    ["Last Index", server.LastIndex],
  ];
  const meta = Object.entries(server.Meta ?? {}).sort(([a], [b]) => compareStrings(a, b));
  return [
    `   ${server.ID}`,
    ...facts.map(([name, value]) => `      ${`${name}:`.padEnd(17)}${value}`),
    ...(meta.length === 0 ? [] : ["      Meta"]),
    ...meta.map(([name, value]) => `         ${quoteText(name)}: ${quoteText(value)}`),
  ];
}
