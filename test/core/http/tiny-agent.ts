// An agent that is just enough to answer the recorded requests: a map of keys, a set of sessions, and for all else the
// facts that the recorded agent told of itself. The raft index of the next write is handed to it, since Consul's own
// writes take indexes in between.

import type { ApiError } from "../../../src/core/api/error.ts";
import { apiError, NO_DATACENTER } from "../../../src/core/api/error.ts";
import type { KvWrite, Request } from "../../../src/core/api/request.ts";
import type { AgentSelf, Json, QueryMeta, RaftServer, Response } from "../../../src/core/api/response.ts";
import { failed } from "../../../src/core/api/response.ts";
import type { HttpPlan } from "../../../src/core/http/plan.ts";
import { type ByteString, byteStringOf, compareStrings } from "../../../src/core/lib/bytes.ts";
import type { Labels, Node } from "../../../src/core/model/catalog.ts";
import type { KvPair } from "../../../src/core/model/kv.ts";
import { MEMBER_STATUSES, type Member } from "../../../src/core/model/member.ts";
import { answerOf, type Recorded } from "./recorded.ts";

export interface TinyAgent {
  readonly pairs: Map<ByteString, KvPair>;
  readonly tombstones: [prefix: ByteString, index: number][];
  readonly sessions: Set<string>;
  /** Index of the last write. */
  kvIndex: number;
  /** Index that the next write will get. */
  nextIndex: number;
  readonly facts: Facts;
}

export interface Facts {
  readonly leader: string;
  readonly nodes: readonly Node[];
  readonly nodesIndex: number;
  readonly membersLan: readonly Member[];
  readonly membersWan: readonly Member[];
  readonly self: AgentSelf | undefined;
  readonly servers: readonly RaftServer[];
}

export function createTinyAgent(facts: Facts): TinyAgent {
  return { pairs: new Map(), tombstones: [], sessions: new Set(), kvIndex: 0, nextIndex: 0, facts };
}

/** The answer to what a request asks; it knows no other datacenter than its own. */
export function answerPlan(
  agent: TinyAgent,
  { request, datacenter }: Extract<HttpPlan, { kind: "ask" }>,
): Response {
  return datacenter === "" ? answer(agent, request) : failed(NO_DATACENTER);
}

function answer(agent: TinyAgent, request: Request): Response {
  switch (request.kind) {
    case "kv.get": {
      const pair = agent.pairs.get(request.key);
      const index = pair?.modifyIndex ?? agent.kvIndex;
      return {
        ok: true,
        body: { kind: "kv.pairs", pairs: pair === undefined ? [] : [pair] },
        meta: meta(index),
      };
    }
    case "kv.list": {
      const pairs = under(agent, request.prefix);
      return { ok: true, body: { kind: "kv.pairs", pairs }, meta: meta(prefixIndex(agent, request.prefix)) };
    }
    case "kv.keys": {
      const { prefix, separator } = request;
      const cut = ({ key }: KvPair): ByteString => {
        const at = separator === "" ? -1 : key.indexOf(separator, prefix.length);
        return at < 0 ? key : (key.slice(0, at + separator.length) as ByteString);
      };
      const keys = [...new Set(under(agent, prefix).map(cut))];
      return { ok: true, body: { kind: "kv.keys", keys }, meta: meta(prefixIndex(agent, prefix)) };
    }
    case "kv.write":
      return write(agent, request);
    case "catalog.nodes": {
      const has = (labels: Labels, [name, value]: readonly [string, string]): boolean =>
        labels?.some((label) => label[0] === name && label[1] === value) ?? false;
      const nodes = agent.facts.nodes.filter((node) =>
        request.nodeMeta.every((pair) => has(node.meta, pair)),
      );
      return { ok: true, body: { kind: "nodes", nodes }, meta: meta(agent.facts.nodesIndex) };
    }
    case "status.leader":
      return { ok: true, body: { kind: "leader", address: agent.facts.leader } };
    case "catalog.datacenters":
      return { ok: true, body: { kind: "datacenters", names: ["dc1"] } };
    case "status.peers":
      return { ok: true, body: { kind: "peers", addresses: [agent.facts.leader] } };
    case "operator.raft-configuration":
      return { ok: true, body: { kind: "raft-configuration", servers: agent.facts.servers, index: 0 } };
    case "agent.self":
      if (agent.facts.self === undefined) return failure("self was not recorded");
      return { ok: true, body: { kind: "self", self: agent.facts.self } };
    case "agent.members": {
      const members = request.wan ? agent.facts.membersWan : agent.facts.membersLan;
      return { ok: true, body: { kind: "members", members } };
    }
    case "agent.join":
      return request.address === "127.0.0.1:1"
        ? failure(
            "1 error occurred:\n\t* Failed to join 127.0.0.1: dial tcp 127.0.0.1:1: connect: connection refused\n\n",
          )
        : { ok: true, body: { kind: "done" } };
    case "agent.force-leave":
      return failure(`agent: No node found with name '${request.node}'`);
    default:
      return { ok: true, body: { kind: "done" } };
  }
}

function failure(detail: string): Response {
  const error: ApiError = apiError("refused", detail);
  return { ok: false, error };
}

function meta(index: number): QueryMeta {
  return { index, knownLeader: true, lastContactMs: 0 };
}

function under(agent: TinyAgent, prefix: string): KvPair[] {
  return [...agent.pairs.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => compareStrings(a.key, b.key));
}

/** The highest index below the prefix, graves included; of the whole table when there is nothing at all. */
function prefixIndex(agent: TinyAgent, prefix: string): number {
  if (prefix === "") return agent.kvIndex;
  const indexes = [
    ...under(agent, prefix).map((pair) => pair.modifyIndex),
    ...agent.tombstones.filter(([key]) => key.startsWith(prefix)).map(([, index]) => index),
  ];
  return indexes.length === 0 ? agent.kvIndex : Math.max(...indexes);
}

function write(agent: TinyAgent, request: KvWrite): Response {
  const old = agent.pairs.get(request.key);
  switch (request.verb) {
    case "set":
      return store(agent, request, old, old?.session ?? "", 0);
    case "cas":
      if (request.index !== (old?.modifyIndex ?? 0)) return applied(false);
      return store(agent, request, old, old?.session ?? "", 0);
    case "lock":
      return lock(agent, request, old);
    case "unlock":
      if (request.session === "") return failure("missing session");
      if (old === undefined || old.session !== request.session) return applied(false);
      return store(agent, request, old, "", old.lockIndex);
    case "delete-cas":
      return old?.modifyIndex === request.index ? remove(agent, request.key, [request.key]) : applied(false);
    case "delete":
      return remove(agent, request.key, old === undefined ? [] : [request.key]);
    case "delete-tree":
      return remove(
        agent,
        request.key,
        under(agent, request.key).map((pair) => pair.key),
      );
    default:
      return failure(`no verb ${String(request.verb)}`);
  }
}

function lock(agent: TinyAgent, request: KvWrite, old: KvPair | undefined): Response {
  if (request.session === "") return failure("missing session");
  if (request.session.length !== 36)
    return failure("failed session lookup: index error: UUID must be 36 characters");
  if (!agent.sessions.has(request.session)) return failure(`invalid session "${request.session}"`);
  const held = old?.session ?? "";
  if (held !== "" && held !== request.session) return applied(false);
  return store(agent, request, old, request.session, (old?.lockIndex ?? 0) + (held === "" ? 1 : 0));
}

function store(
  agent: TinyAgent,
  request: KvWrite,
  old: KvPair | undefined,
  session: string,
  lockIndex: number,
): Response {
  agent.kvIndex = agent.nextIndex;
  agent.pairs.set(request.key, {
    key: request.key,
    value: byteStringOf(request.value),
    flags: request.flags,
    session,
    lockIndex,
    createIndex: old?.createIndex ?? agent.kvIndex,
    modifyIndex: agent.kvIndex,
  });
  return applied(true);
}

function remove(agent: TinyAgent, grave: ByteString, keys: readonly ByteString[]): Response {
  if (keys.length === 0) return applied(true);
  agent.kvIndex = agent.nextIndex;
  agent.tombstones.push([grave, agent.kvIndex]);
  for (const key of keys) agent.pairs.delete(key);
  return applied(true);
}

function applied(yes: boolean): Response {
  return { ok: true, body: { kind: "applied", applied: yes } };
}

/** What the recorded agent told of itself, read back from its own JSON. */
export function factsOf(recorded: readonly Recorded[]): Facts {
  const told = <T>(name: string): T | undefined => {
    const found = recorded.find((each) => each.name === name);
    return found === undefined ? undefined : JSON.parse(answerOf(found).body);
  };
  const nodes = recorded.find((each) => each.name === "nodes");
  const self = told<ToldSelf>("self");
  return {
    leader: told<string>("the leader") ?? told<string>("dev: the leader") ?? "",
    nodes: (told<ToldNode[]>("nodes") ?? []).map(nodeOf),
    nodesIndex: Number(/X-Consul-Index: (\d+)/.exec(nodes?.receive ?? "")?.[1] ?? 1),
    membersLan: (told<ToldMember[]>("members") ?? []).map(memberOf),
    membersWan: (told<ToldMember[]>("members of the WAN") ?? []).map(memberOf),
    self: self === undefined ? undefined : selfOf(self),
    servers: (told<{ Servers: ToldServer[] }>("the raft configuration")?.Servers ?? []).map(serverOf),
  };
}

type Strings = Record<string, string>;

interface ToldNode {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Strings | null;
  readonly Meta: Strings | null;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

interface ToldMember {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Strings;
  readonly Status: number;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
}

interface ToldServer {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
}

interface ToldSelf {
  readonly Config: {
    readonly Datacenter: string;
    readonly NodeName: string;
    readonly NodeID: string;
    readonly Revision: string;
    readonly Server: boolean;
    readonly Version: string;
  };
  readonly DebugConfig: { readonly [name: string]: Json };
  readonly Coord: {
    readonly Vec: number[];
    readonly Error: number;
    readonly Adjustment: number;
    readonly Height: number;
  };
  readonly Member: ToldMember;
  readonly Stats: Record<string, Strings>;
  readonly Meta: Strings;
}

function labelsOf(told: Strings | null): Labels {
  return told === null ? null : Object.entries(told);
}

function nodeOf(told: ToldNode): Node {
  return {
    id: told.ID,
    node: told.Node,
    address: told.Address,
    datacenter: told.Datacenter,
    taggedAddresses: labelsOf(told.TaggedAddresses),
    meta: labelsOf(told.Meta),
    createIndex: told.CreateIndex,
    modifyIndex: told.ModifyIndex,
  };
}

function memberOf(told: ToldMember): Member {
  return {
    name: told.Name,
    ip: told.Addr,
    port: told.Port,
    tags: new Map(Object.entries(told.Tags)),
    status: MEMBER_STATUSES[told.Status] ?? "none",
    versions: {
      min: told.ProtocolMin,
      max: told.ProtocolMax,
      current: told.ProtocolCur,
      delegateMin: told.DelegateMin,
      delegateMax: told.DelegateMax,
      delegateCurrent: told.DelegateCur,
    },
  };
}

function serverOf(told: ToldServer): RaftServer {
  return { id: told.ID, node: told.Node, address: told.Address, leader: told.Leader, voter: told.Voter };
}

function selfOf(told: ToldSelf): AgentSelf {
  const { Config, Coord } = told;
  const stats = Object.entries(told.Stats).map(
    ([section, values]) => [section, new Map(Object.entries(values))] as const,
  );
  return {
    config: {
      datacenter: Config.Datacenter,
      nodeName: Config.NodeName,
      nodeId: Config.NodeID,
      revision: Config.Revision,
      server: Config.Server,
      version: Config.Version,
    },
    debugConfig: told.DebugConfig,
    coordinate: {
      vec: Coord.Vec,
      error: Coord.Error,
      adjustment: Coord.Adjustment,
      height: Coord.Height,
    },
    member: memberOf(told.Member),
    stats: new Map(stats),
    meta: labelsOf(told.Meta),
  };
}
