// Everything but the key/value store: who leads, who is there, who we are, and who joins and leaves.

import { ask, type Case, type Group, get, PLAIN, put, woken } from "./cases.ts";
import { EVENTS_PASSED_ON } from "./events.ts";
import { FILTERS_PASSED_ON } from "./filters.ts";
import { OPERATOR_PASSED_ON } from "./operator.ts";

const STATUS: readonly Case[] = [
  get("the leader", "/v1/status/leader"),
  get("the leader, pretty", "/v1/status/leader?pretty"),
  get("the leader, stale", "/v1/status/leader?stale"),
  get("the leader, of another datacenter", "/v1/status/leader?dc=dc2"),
  get("the leader, of a namespace", "/v1/status/leader?ns=a"),
  get("the leader, with an index", "/v1/status/leader?index=5&wait=1s"),
  get("the leader, with an index that is none", "/v1/status/leader?index=a"),
  get("the leader, stale and consistent", "/v1/status/leader?stale&consistent"),
  get("the peers", "/v1/status/peers"),
  get("the peers, pretty", "/v1/status/peers?pretty=1"),
  get("the peers, of another datacenter", "/v1/status/peers?dc=dc2"),
  get("the peers, of a wait that is none", "/v1/status/peers?wait=a"),
  get("the configuration of Raft", "/v1/operator/raft/configuration"),
  get("the configuration of Raft, stale", "/v1/operator/raft/configuration?stale&pretty"),
  get("the configuration of Raft, of another datacenter", "/v1/operator/raft/configuration?dc=dc2"),
  get("the configuration of Raft, of an index that is none", "/v1/operator/raft/configuration?index=a"),
];

const CATALOG: readonly Case[] = [
  get("the nodes", "/v1/catalog/nodes"),
  get("the nodes, pretty", "/v1/catalog/nodes?pretty"),
  get("the nodes, stale", "/v1/catalog/nodes?stale"),
  get("the nodes, consistent", "/v1/catalog/nodes?consistent"),
  get("the nodes, bounded", "/v1/catalog/nodes?max_stale=10s"),
  get("the nodes, cached", "/v1/catalog/nodes?cached"),
  get("the nodes, stale and consistent", "/v1/catalog/nodes?stale&consistent"),
  get("nodes with metadata", "/v1/catalog/nodes?node-meta=consul-network-segment:"),
  get("nodes with metadata that none has", "/v1/catalog/nodes?node-meta=rack:1"),
  get("nodes with two metadata", "/v1/catalog/nodes?node-meta=consul-network-segment:&node-meta=a:b:c"),
  get("nodes with metadata without a value", "/v1/catalog/nodes?node-meta=consul-network-segment"),
  get("nodes near one", "/v1/catalog/nodes?near=n1"),
  get("nodes near us", "/v1/catalog/nodes?near=_agent"),
  get("nodes near nobody", "/v1/catalog/nodes?near=nobody"),
  get("the nodes of our datacenter", "/v1/catalog/nodes?dc=dc1"),
  get("the nodes of another datacenter", "/v1/catalog/nodes?dc=dc2"),
  get("the nodes, of an index that is none", "/v1/catalog/nodes?index=a"),
  get("the nodes, of an old index", "/v1/catalog/nodes?index=1&wait=10s"),
  get("the nodes of a namespace", "/v1/catalog/nodes?ns=a"),
  get("an empty filter", "/v1/catalog/nodes?filter="),
  get("a filter", "/v1/catalog/nodes?filter=Node%20==%20n1"),
  get("a filter that is none", "/v1/catalog/nodes?filter=%28"),
  put("the nodes can't be put", "/v1/catalog/nodes", "x"),
];

/** What /v1/agent/self says of indexes, queues and clocks. */
const OF_THE_MOMENT: readonly string[] = [
  ...["applied_index", "commit_index", "fsm_pending", "last_log_index", "last_log_term", "term"].map(
    (name) => `Stats.raft.${name}`,
  ),
  "Coord",
  ...["event_queue", "event_time", "intent_queue", "member_time", "query_queue", "query_time"].flatMap(
    (name) => [`Stats.serf_lan.${name}`, `Stats.serf_wan.${name}`],
  ),
];

const AGENT: readonly Case[] = [
  get("the members", "/v1/agent/members"),
  get("the members, pretty", "/v1/agent/members?pretty"),
  get("a wan that is nothing is the LAN", "/v1/agent/members?wan"),
  get("the members of the WAN", "/v1/agent/members?wan=1"),
  get("the members of all segments", "/v1/agent/members?segment=_all"),
  get("the members of a segment", "/v1/agent/members?segment=alpha"),
  get("the members of a segment of the WAN", "/v1/agent/members?segment=alpha&wan=1"),
  get("the members look at no other parameters", "/v1/agent/members?index=a&dc=dc2&ns=b&stale&consistent"),
  get("ourselves", "/v1/agent/self", { leaves: OF_THE_MOMENT }),
  get("ourselves, of parameters that mean nothing", "/v1/agent/self?index=a&dc=dc2", {
    leaves: OF_THE_MOMENT,
  }),
  put("join nobody", "/v1/agent/join/127.0.0.1:1", ""),
  put("join a name that nobody has", "/v1/agent/join/no.such.name.invalid", ""),
  put("join no address", "/v1/agent/join/", ""),
  put("join ourselves", "/v1/agent/join/{serf}", ""),
  put("join an address that is none", "/v1/agent/join/1.2.3.4.5:x", ""),
  get("join by get", "/v1/agent/join/127.0.0.1"),
  put("join without its slash", "/v1/agent/join", ""),
  put("join the WAN's nobody", "/v1/agent/join/127.0.0.1:1?wan=1", ""),
  put("force nobody to leave", "/v1/agent/force-leave/", ""),
  put("force an unknown node to leave", "/v1/agent/force-leave/nobody", ""),
  put("force an unknown node to leave for good", "/v1/agent/force-leave/nobody?prune", ""),
  put("force an unknown node of the WAN to leave", "/v1/agent/force-leave/nobody?wan", ""),
  get("force to leave by get", "/v1/agent/force-leave/nobody"),
  put("force without its slash", "/v1/agent/force-leave", ""),
  put("the configuration read again", "/v1/agent/reload", ""),
  get("reload by get", "/v1/agent/reload"),
  get("leave by get", "/v1/agent/leave"),
  ask("DELETE /v1/agent/leave", "leave by delete"),
];

/** Serf lists its members in an order of chance. */
const MEMBERS = { inAnyOrder: true } as const;

const VIA = { via: "client" } as const;

/** A client agent, which has no store of its own, before it knows of any server. */
const ALONE: readonly Case[] = [
  get("a client alone: a key", "/v1/kv/wire", VIA),
  get("a client alone: a key, stale", "/v1/kv/wire?stale", VIA),
  put("a client alone: a write", "/v1/kv/wire", "x", VIA),
  get("a client alone: the leader", "/v1/status/leader", VIA),
  get("a client alone: the peers", "/v1/status/peers", VIA),
  get("a client alone: the nodes", "/v1/catalog/nodes", VIA),
  get("a client alone: the members", "/v1/agent/members", VIA),
  get("a client alone: the configuration of Raft", "/v1/operator/raft/configuration", VIA),
  get("a client alone: what is wrong", "/v1/kv/", VIA),
  get("a client alone: itself", "/v1/agent/self", { ...VIA, leaves: OF_THE_MOMENT }),
];

/** The same, once it has joined: it passes questions on, and answers back. */
const PASSED_ON: readonly Case[] = [
  get("passed on: a key", "/v1/kv/wire", VIA),
  get("passed on: a key, raw", "/v1/kv/wire?raw", VIA),
  get("passed on: a key, stale", "/v1/kv/wire?stale", VIA),
  get("passed on: a key, consistent", "/v1/kv/wire?consistent", VIA),
  get("passed on: what is not there", "/v1/kv/nothing", { ...VIA, unindexed: true }),
  get("passed on: keys", "/v1/kv/redis?keys", VIA),
  get("passed on: a large value", "/v1/kv/large?raw", VIA),
  put("passed on: a write", "/v1/kv/passed", "on", VIA),
  get("passed on: what was written", "/v1/kv/passed", VIA),
  get("passed on: at the server", "/v1/kv/passed"),
  put("passed on: cas", "/v1/kv/passed?cas={index passed}", "again", VIA),
  put("passed on: cas that fails", "/v1/kv/passed?cas=1", "never", VIA),
  put("passed on: a value of the limit", "/v1/kv/passed", "x".repeat(524_288), VIA),
  get("passed on: a wait", "/v1/kv/passed?index={index passed}&wait=400ms", { ...VIA, waitMs: 400 }),
  woken(
    "passed on: a wait that is woken",
    "/v1/kv/passed?raw&index={index passed}",
    "PUT /v1/kv/passed",
    "woken",
    VIA,
  ),
  put(
    "passed on: an unknown session",
    "/v1/kv/passed?acquire=11111111-2222-3333-4444-555555555555",
    "x",
    VIA,
  ),
  put("passed on: no session's id", "/v1/kv/passed?acquire=abc", "x", VIA),
  put("passed on: acquire without a session", "/v1/kv/passed?acquire=", "x", VIA),
  get("passed on: another datacenter", "/v1/kv/passed?dc=dc2", VIA),
  get("passed on: flags that are none", "/v1/kv/passed?index=x", VIA),
  ask("DELETE /v1/kv/passed", "passed on: a deletion", VIA),
  get("passed on: what was deleted", "/v1/kv/passed", VIA),
  get("passed on: the leader", "/v1/status/leader", VIA),
  get("passed on: the peers", "/v1/status/peers", VIA),
  get("passed on: the nodes", "/v1/catalog/nodes", VIA),
  get("passed on: the nodes of another datacenter", "/v1/catalog/nodes?dc=dc2", VIA),
  get("passed on: the configuration of Raft", "/v1/operator/raft/configuration", VIA),
  get("passed on: the configuration of Raft, stale", "/v1/operator/raft/configuration?stale", VIA),
  get("passed on: the members", "/v1/agent/members", { ...VIA, ...MEMBERS }),
  get("passed on: itself", "/v1/agent/self", { ...VIA, leaves: OF_THE_MOMENT }),
];

/** A second agent comes, is lost, and is forgotten. */
const CLUSTER: readonly Case[] = [
  ...ALONE,
  put("join another agent", "/v1/agent/join/{peer}", ""),
  get("two members", "/v1/agent/members", { ...MEMBERS, awaits: '"Name":"n2"' }),
  get("two nodes", "/v1/catalog/nodes", { awaits: '"lan":"{client}"' }),
  get("one peer", "/v1/status/peers"),
  put("join another agent again", "/v1/agent/join/{peer}", ""),
  ...PASSED_ON,
  ...OPERATOR_PASSED_ON,
  ...EVENTS_PASSED_ON,
  ...FILTERS_PASSED_ON,
  get("a member that failed", "/v1/agent/members", { ...MEMBERS, kills: true, awaits: '"Status":4' }),
  get("its node is still there", "/v1/catalog/nodes"),
  put("force it to leave", "/v1/agent/force-leave/n2", ""),
  get("a member that left", "/v1/agent/members", { ...MEMBERS, awaits: '"Status":3' }),
  put("force it to leave for good", "/v1/agent/force-leave/n2?prune", ""),
  get("one member", "/v1/agent/members"),
  put("force it again", "/v1/agent/force-leave/n2?prune", ""),
];

const LEAVING: readonly Case[] = [put("leave", "/v1/agent/leave", "", { finishes: true })];

export const ENDPOINTS: readonly Group[] = [
  { title: "status", kinds: PLAIN, cases: STATUS },
  { title: "catalog", kinds: PLAIN, cases: CATALOG },
  { title: "agent", kinds: PLAIN, cases: AGENT },
  { title: "cluster", kinds: ["server"], cases: CLUSTER },
];

/** The last thing that is asked. */
export const FAREWELL: Group = { title: "leaving", kinds: PLAIN, cases: LEAVING };
