// The end of a run of two datacenters: with all trouble over every agent knows both, finds a service of the other one by a
// prepared query that fails over to it, and finds no way to a datacenter that is not there.

import type { HttpResponse } from "../core/api/http.ts";
import { http } from "./clients.ts";
import { type Cluster, clustersOf } from "./datacenters.ts";
import type { SimNode } from "./node.ts";
import { demand } from "./violation.ts";
import { deliver, runUntil, type World } from "./world.ts";

/** Request numbers of the exam begin here, far from those of clients. */
const FIRST_REQUEST = 12_000_000;
/** An idle federation without trouble answers within a few round trips, some of which cross. */
const BOUND_US = 5_000_000;
const STEP_US = 1_000;
/** No run has it. */
const NOWHERE = "dc9";
const SERVICE = "exam";

/** Asks an agent and waits for the answer; undefined when none comes in time. */
type Ask = (node: SimNode, method: string, target: string, body?: object) => HttpResponse | undefined;

/** @throws Violation "datacenter-unreached" */
export function examineFederation(world: World): void {
  const ask = askerOf(world);
  const clusters = clustersOf(world);
  const names = clusters.map(({ datacenter }) => datacenter);
  for (const node of world.nodes) {
    const known = ask(node, "GET", "/v1/catalog/datacenters");
    demandAnswer(node, "which datacenters there are", known, (body) => {
      const told = JSON.parse(body) as readonly string[];
      return names.every((name) => told.includes(name)) && told.length === names.length;
    });
    const nowhere = ask(node, "GET", `/v1/kv/k0?dc=${NOWHERE}`);
    demand(
      nowhere?.status === 500 && nowhere.body.endsWith("No path to datacenter"),
      "datacenter-unreached",
      () => `${node.name}, asked for a key of ${NOWHERE}, ${said(nowhere)}`,
    );
  }
  for (const there of clusters)
    for (const here of clusters) if (here !== there) examineFailover(ask, here, there);
}

function askerOf(world: World): Ask {
  let id = FIRST_REQUEST;
  let answer: HttpResponse | undefined;
  world.observers.push({
    onReply(answered, { response }) {
      if (answered === id) answer = response;
    },
  });
  return (node, method, target, body) => {
    id++;
    answer = undefined;
    const request = http(method, target, body === undefined ? undefined : JSON.stringify(body));
    deliver(world, node, { type: "http", id, request });
    const untilUs = world.nowUs + BOUND_US;
    while (answer === undefined && world.nowUs < untilUs) runUntil(world, world.nowUs + STEP_US);
    return answer;
  };
}

/** A service that is `there` alone is registered and found from everywhere `here`, where the query is kept. */
function examineFailover(ask: Ask, here: Cluster, there: Cluster): void {
  const [first] = here.nodes;
  if (first === undefined) return;
  const Name = `${SERVICE}-${there.datacenter}`;
  const Service = { Service: Name };
  const registration = { Datacenter: there.datacenter, Node: Name, Address: "192.0.2.9", Service };
  const made = ask(first, "PUT", "/v1/catalog/register", registration);
  demandAnswer(first, `to register ${Name}`, made);
  // Its own is no other one.
  const Datacenters = [here.datacenter, there.datacenter];
  const query = { Name, Service: { ...Service, Failover: { Datacenters } } };
  demandAnswer(first, "to keep a query", ask(first, "POST", "/v1/query", query));
  for (const node of here.nodes) {
    const found = ask(node, "GET", `/v1/query/${Name}/execute`);
    demandAnswer(node, `where ${Name} is`, found, (body) => {
      const { Datacenter, Failovers, Nodes } = JSON.parse(body) as Found;
      return Datacenter === there.datacenter && Failovers === 1 && Nodes[0]?.Node.Node === Name;
    });
  }
}

interface Found {
  readonly Datacenter: string;
  readonly Failovers: number;
  readonly Nodes: readonly { readonly Node: { readonly Node: string } }[];
}

function demandAnswer(
  { name }: SimNode,
  what: string,
  answer: HttpResponse | undefined,
  isRight: (body: string) => boolean = () => true,
): void {
  demand(
    answer?.status === 200 && isRight(answer.body),
    "datacenter-unreached",
    () => `with all trouble over, ${name}, asked ${what}, ${said(answer)}`,
  );
}

function said(answer: HttpResponse | undefined): string {
  return answer === undefined
    ? `says nothing for ${BOUND_US / 1e6} s`
    : `says ${answer.status} ${answer.body.trim()}`;
}
