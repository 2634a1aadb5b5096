// `operator usage instances`: how much of each datacenter is in use. Of later Consuls.

import { compareStrings, textOf, utf8 } from "../../../core/lib/bytes.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { type ApiClient, callApi, connectApi, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag } from "../flags.ts";
import { tabTable } from "../tables.ts";
import { fetchedJson, refuseArguments } from "./catalog.ts";

/** Of one datacenter, as /v1/operator/usage gives it. */
interface Usage {
  readonly Services: number;
  readonly ConnectServiceInstances: Readonly<Record<string, number>>;
  readonly BillableServiceInstances: number;
  readonly Nodes: number;
}

type Usages = readonly (readonly [datacenter: string, usage: Usage])[];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} operator usage instances [options]

  Counts the services, their instances and the nodes of a datacenter, or of
  all of them. Billable is what Consul Enterprise would be paid for: neither
  servers nor what only serves Connect.

      $ ${program} operator usage instances -all-datacenters`,
  flags: [
    ...CLIENT_FLAGS,
    ...SERVER_FLAGS,
    { name: "all-datacenters", kind: "bool", description: "Counts those of all datacenters." },
    { name: "billable", kind: "bool", description: "Shows only what is billable, and nodes." },
    { name: "connect", kind: "bool", description: "Shows only what serves Connect." },
  ],
  run: runInstances,
};

async function runInstances(call: Call): Promise<number> {
  const { flags, io } = call;
  const refused = refuseArguments(call);
  if (refused !== undefined) return refused;
  const [all, billable, connect] = ["all-datacenters", "billable", "connect"].map((name) =>
    boolFlag(flags, name),
  );
  if (billable && connect) return complain(io, "Cannot specify both -billable and -connect flags");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const fetched = all ? await fetchAll(client) : await fetchUsage(client);
  if (!fetched.ok) return complain(io, `Error fetching usage information: ${fetched.error}`);
  const usages = [...fetched.value].sort(([a], [b]) => compareStrings(a, b));
  if (!connect) sayBillable(call, usages, all === true);
  if (!billable) say(io, `Connect Services\n${connectTable(usages, all === true)}`);
  return 0;
}

async function fetchUsage(client: ApiClient, datacenter = ""): Promise<Fetched<Usages>> {
  const query = datacenter === "" ? {} : { dc: datacenter };
  const answer = await callApi(client, { method: "GET", path: "/v1/operator/usage", query });
  const read = fetchedJson<{ readonly Usage?: Readonly<Record<string, Usage>> }>(answer);
  return read.ok ? { ok: true, value: Object.entries(read.value.Usage ?? {}) } : read;
}

/** Each is asked by itself: an agent answers for one. */
async function fetchAll(client: ApiClient): Promise<Fetched<Usages>> {
  const listed = fetchedJson<readonly string[]>(
    await callApi(client, { method: "GET", path: "/v1/catalog/datacenters" }),
  );
  if (!listed.ok) return listed;
  const found: (readonly [string, Usage])[] = [];
  for (const datacenter of listed.value) {
    const usage = await fetchUsage(client, datacenter);
    if (!usage.ok) return usage;
    found.push(...usage.value);
  }
  return { ok: true, value: found };
}

function sayBillable({ io }: Call, usages: Usages, byDatacenter: boolean): void {
  const services = sum(usages.map(([, { Services }]) => Services));
  const instances = sum(usages.map(([, { BillableServiceInstances }]) => BillableServiceInstances));
  const nodes = sum(usages.map(([, { Nodes }]) => Nodes));
  say(io, `Billable Service Instances Total: ${instances}`);
  for (const [datacenter, { BillableServiceInstances }] of usages)
    say(io, `${datacenter} Billable Service Instances: ${BillableServiceInstances}`);
  const rows = usages.map(([datacenter, { Services, BillableServiceInstances }]) => [
    datacenter,
    Services,
    BillableServiceInstances,
  ]);
  const head = ["Datacenter", "Services", "Service instances"];
  const total = ["Total", services, instances];
  const shown = byDatacenter
    ? [head, ...rows, ["", "", ""], total]
    : [head, ...rows].map((row) => row.slice(1));
  say(io, `\nBillable Services\n${table(shown)}\n`);
  const counts = usages.map(([datacenter, { Nodes }]) => [datacenter, Nodes]);
  say(io, `\nNodes\n${table([["Datacenter", "Count"], ...counts, ["", ""], ["Total", nodes]])}\n\n`);
}

function connectTable(usages: Usages, byDatacenter: boolean): string {
  const rows = usages.flatMap(([datacenter, { ConnectServiceInstances }]) =>
    Object.entries(ConnectServiceInstances)
      .sort(([a], [b]) => compareStrings(a, b))
      .map(([kind, count]) => [datacenter, kind, count] as const),
  );
  const head = ["Datacenter", "Type", "Service instances"];
  const total = ["Total", "", sum(rows.map(([, , count]) => count))];
  return table(
    byDatacenter ? [head, ...rows, ["", "", ""], total] : [head, ...rows].map((row) => row.slice(1)),
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

function table(rows: readonly (readonly (string | number)[])[]): string {
  return textOf(tabTable(utf8(rows.map((row) => row.join("\t")).join("\n")))).trim();
}
