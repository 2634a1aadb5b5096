// Prepared queries under trouble: where one looks when there is nothing here, and that it ends with its session, whoever
// leads by then.

import type { Scenario } from "../../src/sim/scenario.ts";
import { demand } from "../../src/sim/violation.ts";
import { scenario } from "../support/scenario.ts";

const HERE = ["a", "b", "c"];
const THERE = ["x", "y", "z"];
const FAR = ["u", "v", "w"];

function federate(t: Scenario, seed: number): void {
  t.cluster({ servers: HERE, clients: ["k"], elsewhere: [{ servers: THERE }, { servers: FAR }], seed });
  t.until(() => t.leader(...HERE) && t.leader(...THERE) && t.leader(...FAR), { withinMs: 30_000 });
  t.settle({ withinMs: 120_000 });
}

function register(t: Scenario, Datacenter: string, node: string, status = "passing"): void {
  const check = { Name: "up", ServiceID: "web", Status: status };
  const body = { Datacenter, Node: node, Address: "10.9.9.9", Service: { Service: "web" }, Check: check };
  t.ask("PUT", "/v1/catalog/register", JSON.stringify(body)).succeeds();
}

function make(t: Scenario, query: object): void {
  t.ask("POST", "/v1/query", JSON.stringify({ Name: "web", ...query })).succeeds();
}

interface Result {
  readonly Nodes: readonly { readonly Node: { readonly Node: string } }[];
  readonly Datacenter: string;
  readonly Failovers: number;
}

/** Datacenter, how many others were asked, and the nodes: "dc2 1 ext". */
function run(t: Scenario, via: string, mode = ""): string {
  const answer = t
    .ask("GET", `/v1/query/web/execute?${mode}`, undefined, { via, withinMs: 60_000 })
    .succeeds();
  const { Datacenter, Failovers, Nodes } = JSON.parse(answer.body) as Result;
  return [Datacenter, Failovers, ...Nodes.map(({ Node }) => Node.Node).sort()].join(" ");
}

function same(actual: string, expected: string): void {
  demand(actual === expected, "story", () => `expected ${expected}, found ${actual}`);
}

scenario("a query finds what is healthy here, else in the next datacenter that has it", (t) => {
  federate(t, 1);
  make(t, { Service: { Service: "web", Failover: { Datacenters: ["dc2", "dc3"] } } });
  for (const via of [...HERE, "k"]) same(run(t, via), "dc3 2");
  register(t, "dc3", "far");
  same(run(t, "k"), "dc3 2 far");
  register(t, "dc2", "there");
  same(run(t, "k"), "dc2 1 there");
  register(t, "dc1", "here");
  for (const via of [...HERE, "k"]) same(run(t, via), "dc1 0 here");
  register(t, "dc1", "here", "critical");
  same(run(t, "b", "consistent"), "dc2 1 there");
});

scenario("a datacenter that nobody reaches is passed over", (t) => {
  federate(t, 2);
  make(t, { Service: { Service: "web", Failover: { Datacenters: ["dc2", "dc3"] } } });
  register(t, "dc2", "there");
  register(t, "dc3", "far");
  t.partition([...HERE, "k", ...FAR], THERE);
  same(run(t, "k"), "dc3 2 far");
  t.heal();
  t.settle({ withinMs: 300_000 });
  same(run(t, "k"), "dc2 1 there");
});

scenario("a query goes on where the server dies that a datacenter was asked by", (t) => {
  federate(t, 3);
  make(t, { Service: { Service: "web", Failover: { NearestN: 2 } } });
  register(t, "dc2", "there");
  t.kill("x");
  t.until(() => t.leader("y", "z"), { withinMs: 30_000 });
  for (let times = 0; times < 6; times++)
    demand(run(t, "k").endsWith("there"), "story", () => "what is there is found");
});

scenario("a query ends with its session, though its leader died in between; others stay", (t) => {
  t.cluster({ servers: HERE, clients: ["k"], seed: 4 });
  t.until(() => t.leader(...HERE));
  t.settle();
  const made = t.ask("PUT", "/v1/session/create", '{"Node":"a","Checks":[],"TTL":"10s"}').succeeds();
  const { ID } = JSON.parse(made.body) as { ID: string };
  make(t, { Name: "bound", Session: ID, Service: { Service: "web" } });
  make(t, { Name: "stays", Service: { Service: "web" } });
  const names = (via: string): string => {
    const listed = t.ask("GET", "/v1/query?consistent", undefined, { via }).succeeds();
    return (JSON.parse(listed.body) as readonly { readonly Name: string }[])
      .map(({ Name }) => Name)
      .sort()
      .join();
  };
  same(names("k"), "bound,stays");
  const leader = HERE.find((name) => t.leader(name));
  t.kill(leader ?? "");
  const others = HERE.filter((name) => name !== leader);
  t.until(() => t.leader(...others), { withinMs: 30_000 });
  same(names("k"), "bound,stays");
  t.run(25_000);
  same(names("k"), "stays");
  t.restart(leader ?? "");
  t.settle({ withinMs: 120_000 });
  for (const via of HERE) same(names(via), "stays");
});
