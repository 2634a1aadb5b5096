// `keyring`: lists and changes the keys that encrypt gossip, at every member of every pool.

import { MAX_RELAY_FACTOR } from "../../../core/api/keyring.ts";
import { compareStrings } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { type ApiCall, type ApiClient, answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type FlagValues, numberFlag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";

/** As /v1/operator/keyring gives it for each pool. */
interface PoolKeys {
  readonly WAN: boolean;
  readonly Datacenter: string;
  readonly Segment: string;
  readonly Messages?: Readonly<Record<string, string>> | null;
  readonly Keys: Readonly<Record<string, number>> | null;
  readonly PrimaryKeys: Readonly<Record<string, number>> | null;
  readonly NumNodes: number;
}

const PATH = "/v1/operator/keyring";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} keyring [options]

  Lists and changes the keys that encrypt gossip. All members of the LAN and of
  the WAN are asked. To change the key of a cluster that runs, install a new
  one, use it, and remove the old one, each once the step before it has
  succeeded at every member.

  The exit code is 1 unless every member answered, and none failed.`,
  flags: [
    ...CLIENT_FLAGS,
    {
      name: "install",
      kind: "string",
      description: "Gives this key to all members, which from then on read what comes under it.",
    },
    { name: "list", kind: "bool", description: "Lists the keys, and how many members have each." },
    {
      name: "list-primary",
      kind: "bool",
      description: "Lists the keys that members send under, and how many do.",
    },
    {
      name: "local-only",
      kind: "bool",
      description: "Asks the LAN of this datacenter alone. Only for lists.",
    },
    {
      name: "relay-factor",
      kind: "int",
      description: `Has members send their answers through so many others too, ${MAX_RELAY_FACTOR} at most.`,
    },
    {
      name: "remove",
      kind: "string",
      description: "Takes this key from all members. Not the one that they send under.",
    },
    {
      name: "use",
      kind: "string",
      description: "Makes all members send under this key, which they must have.",
    },
  ],
  run: runKeyring,
};

/** What changes something, in the order in which Consul looks for it. */
const CHANGES: readonly {
  readonly flag: string;
  readonly method: ApiCall["method"];
  readonly told: string;
}[] = [
  { flag: "install", method: "POST", told: "Installing new gossip encryption key..." },
  { flag: "use", method: "PUT", told: "Changing primary gossip encryption key..." },
  { flag: "remove", method: "DELETE", told: "Removing gossip encryption key..." },
];

async function runKeyring({ flags, io, help }: Call): Promise<number> {
  const lists = ["list", "list-primary"].filter((flag) => boolFlag(flags, flag));
  const changes = CHANGES.filter(({ flag }) => keyOf(flags, flag) !== "");
  const [change] = changes;
  if (changes.length + lists.length > 1) return complain(io, "Only a single action is allowed");
  if (lists.length === 0 && change === undefined) return complain(io, help());
  const relayFactor = numberFlag(flags, "relay-factor") ?? 0;
  if (relayFactor < 0 || relayFactor > MAX_RELAY_FACTOR)
    return complain(
      io,
      `Error parsing relay factor: Relay factor must be in range: [0, ${MAX_RELAY_FACTOR}]`,
    );
  if (boolFlag(flags, "local-only") && lists.length === 0)
    return complain(io, "Error validating local-only: local-only can only be set for list requests");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const query: Record<string, string> = relayFactor === 0 ? {} : { "relay-factor": String(relayFactor) };
  if (change === undefined) return list(client, flags, query, io);
  say(io, `==> ${change.told}`);
  const body = Buffer.from(JSON.stringify({ Key: keyOf(flags, change.flag) }));
  const answer = expectOk(await callApi(client, { method: change.method, path: PATH, query, body }));
  return answer.ok ? 0 : complain(io, `error: ${answer.error}`);
}

function keyOf(flags: FlagValues, flag: string): string {
  return stringFlag(flags, flag) ?? "";
}

async function list(
  client: ApiClient,
  flags: FlagValues,
  query: Readonly<Record<string, string>>,
  io: Io,
): Promise<number> {
  const all = boolFlag(flags, "list");
  say(io, `==> Gathering installed ${all ? "" : "primary "}encryption keys...`);
  const local: Record<string, string> = boolFlag(flags, "local-only") ? { "local-only": "true" } : {};
  const call: ApiCall = { method: "GET", path: PATH, query: { ...query, ...local } };
  const fetched = answerJson(expectOk(await callApi(client, call)));
  if (!fetched.ok) return complain(io, `error: ${fetched.error}`);
  for (const pool of (fetched.value ?? []) as readonly PoolKeys[])
    say(io, poolText(pool, (all ? pool.Keys : pool.PrimaryKeys) ?? {}));
  return 0;
}

function poolText(pool: PoolKeys, keys: Readonly<Record<string, number>>): string {
  const segment = pool.Segment === "" ? "" : ` [${pool.Segment}]`;
  const name = pool.WAN ? "WAN" : `${pool.Datacenter} (LAN)${segment}`;
  const messages = sorted(pool.Messages ?? {}).map(([member, message]) => `  ===> ${member}: ${message}`);
  const counts = sorted(keys).map(([key, members]) => `  ${key} [${members}/${pool.NumNodes}]`);
  return ["", `${name}:`, ...messages, ...counts].join("\n");
}

function sorted<T>(record: Readonly<Record<string, T>>): (readonly [string, T])[] {
  return Object.entries(record).sort(([a], [b]) => compareStrings(a, b));
}
