// What is measured by one product alone, by intent: each with its reason. docs/compatibility.md tells users of it.

import type { Part } from "./metric-agents.ts";

export interface IntendedMetrics {
  /** Absent: whichever it is. */
  readonly only?: "consul" | "ours";
  /** Of the kind, the name and the labels: "counter consul.rpc.request{}". */
  readonly names: RegExp;
  /** Of these agents only; absent: of all. */
  readonly part?: Part;
  readonly why: string;
}

export const INTENDED_METRICS: readonly IntendedMetrics[] = [
  {
    only: "consul",
    names: /^gauge consul\.runtime\.(free_count|malloc_count|heap_objects|num_goroutines)\{\}$/,
    why: "it is about Go",
  },
  {
    only: "consul",
    names: /^sample consul\.(consul\.)?fsm\.ca\{op\}$/,
    why: "there is no certificate authority of Connect",
  },
  {
    only: "consul",
    names: /^sample consul\.fsm\.federation_state\.|^counter consul\.serf\.member\.update\{\}$/,
    why: "there are no federation states (H4), which servers tell each other of by a tag",
  },
  {
    only: "consul",
    names: /^sample consul\.consul\.(fsm\.intention\{op\}|intention\.apply\{\})$/,
    why: "Consul tells of intentions under two names, one of which later ones have dropped",
  },
  {
    only: "consul",
    names: /^sample consul\.raft\.fsm\.enqueue\{\}$/,
    why: "what is committed waits in no queue to be applied",
  },
  {
    only: "consul",
    names: /^counter consul\.rpc\.raft_handoff\{\}$/,
    why: "one connection carries Raft and all other RPC",
  },
  {
    only: "consul",
    part: "dev",
    names:
      /^(counter consul\.(rpc\.accept_conn|memberlist\.udp\.(received|sent))|sample consul\.serf\.msgs\.received)\{\}$/,
    why: "an agent that is alone sends itself neither packets nor RPC",
  },
  {
    only: "consul",
    part: "dev",
    names: /^sample consul\.memberlist\.gossip\{\}$/,
    why: "who is alone has nobody to gossip with",
  },
  {
    only: "ours",
    names: /^gauge consul\.(raft\.commit_index|state\.kv_entries|state\.nodes)\{\}$/,
    why: "it is worth knowing; later Consuls tell of the state, too",
  },
  {
    only: "ours",
    names: /^gauge consul\.memberlist\.health\.score\{\}$/,
    why: "Consul tells of it only when it changes",
  },
  {
    only: "ours",
    names: /^sample consul\.serf\.snapshot\.compact\{\}$/,
    why: "the file is written anew when an agent starts",
  },
  {
    names: /^counter consul\.(memberlist\.(degraded\.probe|msg\.(suspect|dead))|serf\.member\.flap)\{\}$/,
    why: "who suspects whom is left to chance, and whether a dead server is back before it is given up",
  },
  {
    part: "client",
    names: /^counter consul\.(consul\.cache\.(health-services\.)?fetch_error|serf\.member\.left)\{\}$/,
    why: "whom a client agent asks when the leader dies, and what it hears of its own end, is left to chance",
  },
  {
    names: /^sample consul\.serf\.queue\.(Event|Intent|Query)\{\}$/,
    why: "Consul looks every half a minute, which some agents do not live to see",
  },
];
