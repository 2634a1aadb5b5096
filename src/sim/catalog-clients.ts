// Clients of the catalog: each registers services with checks on an external node of its own, takes them back, and asks for
// them with consistent reads. What it was told is done must be so, until it undoes it itself: nobody else knows its node.
// After an answer that leaves open what happened, it takes another node and never looks back: the write may come yet.

import type { HttpRequest, HttpResponse } from "../core/api/http.ts";
import type { Chance } from "../core/lib/chance.ts";
import { checkOf } from "../core/store/checks.ts";
import { nodeByName } from "../core/store/nodes.ts";
import { serviceOf } from "../core/store/services.ts";
import type { Store } from "../core/store/store.ts";
import { http } from "./clients.ts";
import { isSurelyNotDone } from "./kv-client.ts";
import { isUp, type SimNode } from "./node.ts";
import { isIn, type Place, placed } from "./place.ts";
import type { Company } from "./questions.ts";
import { demand } from "./violation.ts";
import { callAt, deliver, type World } from "./world.ts";

/** Request numbers of these clients begin here, far from those of others. */
const FIRST_REQUEST = 3_000_000;
const THINK_US: readonly [least: number, most: number] = [200_000, 900_000];
const PATIENCE_US = 9_000_000;
const SERVICES = ["shop", "Web", "db"] as const;
type ServiceName = (typeof SERVICES)[number];

/** An instance as it was registered. */
interface Instance {
  readonly port: number;
  readonly status: string;
}

interface CatalogClient {
  readonly name: string;
  /** How often it has taken another node. */
  life: number;
  /** What is there for certain. */
  registered: Map<ServiceName, Instance>;
  /** Whether its node is there. */
  exists: boolean;
  writes: number;
  open: { readonly id: number; readonly node: SimNode; readonly question: Question } | undefined;
}

type Question =
  | { readonly kind: "register"; readonly service: ServiceName; readonly instance: Instance }
  | { readonly kind: "deregister"; readonly service: ServiceName }
  | { readonly kind: "deregister-node" }
  | { readonly kind: "read"; readonly service: ServiceName };

interface CatalogClients {
  readonly place: Place;
  readonly all: readonly CatalogClient[];
  nextRequest: number;
  stopped: boolean;
}

/** @throws Violation "registration-lost" when an answer, or at the end a server, lacks what was confirmed. */
export function startCatalogClients(
  world: World,
  { place, companions }: Company,
  count: number,
  chance: Chance,
): void {
  const all = Array.from(
    { length: count },
    (_, at): CatalogClient => ({
      name: `catalog${at + 1}`,
      life: 1,
      registered: new Map(),
      exists: false,
      writes: 0,
      open: undefined,
    }),
  );
  const nextRequest = place.firstRequest + FIRST_REQUEST;
  const clients: CatalogClients = { place, all, nextRequest, stopped: false };
  const next = (client: CatalogClient): void => {
    client.open = undefined;
    const [least, most] = THINK_US;
    callAt(world, world.nowUs + least + chance.choose("catalog.think", most - least), () => {
      if (!clients.stopped) ask(world, clients, client, chance, next);
    });
  };
  world.observers.push({
    onReply(id, { response }) {
      const client = all.find(({ open }) => open?.id === id);
      if (client?.open === undefined) return;
      hear(client, client.open.question, response);
      next(client);
    },
    onCrash(node) {
      for (const client of all) {
        if (client.open?.node !== node) continue;
        abandon(client);
        next(client);
      }
    },
    onEnd() {
      for (const node of world.nodes) {
        const store = node.agent?.service.server?.store;
        if (store !== undefined && isIn(node, place))
          for (const client of all) demandAllThere(store, node, client);
      }
    },
  });
  companions.push({
    stop() {
      clients.stopped = true;
    },
    open: () => all.filter(({ open }) => open !== undefined).length,
  });
  for (const client of all) next(client);
}

function nodeOf({ name, life }: CatalogClient): string {
  return `ext-${name}-${life}`;
}

function ask(
  world: World,
  clients: CatalogClients,
  client: CatalogClient,
  chance: Chance,
  next: (client: CatalogClient) => void,
): void {
  const node = world.nodes[chance.choose("catalog.node", world.nodes.length)];
  if (node === undefined || !isUp(node)) return next(client);
  const id = clients.nextRequest++;
  const question = nextQuestion(client, chance);
  client.open = { id, node, question };
  callAt(world, world.nowUs + PATIENCE_US, () => {
    if (client.open?.id !== id) return;
    if (question.kind !== "read") abandon(client);
    deliver(world, node, { type: "cancel", id });
    next(client);
  });
  deliver(world, node, { type: "http", id, request: requestFor(client, question, clients.place) });
}

function nextQuestion(client: CatalogClient, chance: Chance): Question {
  const service = SERVICES[chance.choose("catalog.service", SERVICES.length)] ?? SERVICES[0];
  const dice = chance.choose("catalog.action", 20);
  if (dice < 9) {
    const status = ["passing", "warning", "critical"][chance.choose("catalog.status", 3)] ?? "passing";
    return { kind: "register", service, instance: { port: ++client.writes, status } };
  }
  if (dice < 15) return { kind: "read", service };
  return dice < 19 ? { kind: "deregister", service } : { kind: "deregister-node" };
}

function requestFor(client: CatalogClient, question: Question, place: Place): HttpRequest {
  const node = nodeOf(client);
  const put = (path: string, body: object): HttpRequest =>
    http("PUT", `/v1/catalog/${path}`, JSON.stringify({ Datacenter: place.datacenter, ...body }));
  switch (question.kind) {
    case "register": {
      const { service, instance } = question;
      const check = { CheckID: `${service}-check`, ServiceID: service, Status: instance.status };
      return put("register", {
        Node: node,
        Address: "192.0.2.1",
        Service: { Service: service, Port: instance.port },
        Check: check,
      });
    }
    case "deregister":
      return put("deregister", { Node: node, ServiceID: question.service });
    case "deregister-node":
      return put("deregister", { Node: node });
    case "read":
      return http("GET", placed(`/v1/health/service/${question.service}?consistent`, place));
  }
}

function hear(client: CatalogClient, question: Question, { status, body }: HttpResponse): void {
  if (question.kind === "read") {
    if (status === 200) demandSeen(client, question.service, body);
    return;
  }
  if (status === 200) return confirm(client, question);
  if (!isSurelyNotDone(body)) abandon(client);
}

function confirm(client: CatalogClient, question: Exclude<Question, { kind: "read" }>): void {
  switch (question.kind) {
    case "register":
      client.exists = true;
      client.registered.set(question.service, question.instance);
      return;
    case "deregister":
      client.registered.delete(question.service);
      return;
    case "deregister-node":
      client.exists = false;
      client.registered.clear();
  }
}

/** What happened is not known: nobody looks at this node any more. */
function abandon(client: CatalogClient): void {
  client.life++;
  client.exists = false;
  client.registered = new Map();
}

function demandSeen(client: CatalogClient, service: ServiceName, body: string): void {
  const rows = JSON.parse(body) as readonly {
    readonly Node: { readonly Node: string };
    readonly Service: { readonly Port: number };
    readonly Checks: readonly { readonly Status: string }[];
  }[];
  const row = rows.find(({ Node }) => Node.Node === nodeOf(client));
  const seen = row === undefined ? undefined : `${row.Service.Port} ${row.Checks.map((each) => each.Status)}`;
  demandSame(client, service, seen, "a consistent read");
}

/** At the end, of every server's own state. */
function demandAllThere(store: Store, { name }: SimNode, client: CatalogClient): void {
  const node = nodeOf(client);
  for (const service of SERVICES) {
    const row = serviceOf(store, node, service);
    const check = checkOf(store, node, `${service}-check`);
    const seen = row === undefined && check === undefined ? undefined : `${row?.port} ${check?.status}`;
    demandSame(client, service, seen, `the state of ${name}`);
  }
  const exists = nodeByName(store, node) !== undefined;
  demand(
    exists === client.exists,
    "registration-lost",
    () => `the state of ${name} has ${exists ? "the" : "no"} node ${node}, unlike what was confirmed`,
  );
}

function demandSame(
  client: CatalogClient,
  service: ServiceName,
  seen: string | undefined,
  where: string,
): void {
  const known = client.registered.get(service);
  const wanted = known === undefined ? undefined : `${known.port} ${known.status}`;
  demand(
    seen === wanted,
    "registration-lost",
    () => `${where} has ${seen ?? "no"} ${service} on ${nodeOf(client)}; confirmed was ${wanted ?? "none"}`,
  );
}
