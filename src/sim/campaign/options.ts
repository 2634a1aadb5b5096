// What every run of a campaign was told. Results under different options are not of one campaign.

import type { GossipPool } from "../../core/gossip/ports.ts";
import type { StrikeKind } from "../fault-kinds.ts";
import { type GossipFault, gossipFaultsOf } from "../gossip/trouble.ts";

export interface SwarmCampaign {
  readonly of: "swarm";
  readonly seconds: number;
  readonly servers: number;
  readonly clients: number;
  /** Undefined: as each seed draws them, or as the faults need them. */
  readonly datacenters: 1 | 2 | undefined;
  /** Undefined: as each seed draws them. */
  readonly faults: readonly StrikeKind[] | undefined;
  readonly planted: string | undefined;
  readonly twice: boolean;
}

/** What a run of a pool of gossip may be told besides its seed. */
export interface GossipWords {
  readonly members: number;
  /** Undefined: as long as such a pool is given. */
  readonly seconds: number | undefined;
  /** Undefined: as the seed draws it. */
  readonly pool: GossipPool | undefined;
  readonly founded: boolean;
  readonly calm: boolean;
  /** Undefined: as the seed draws them. */
  readonly faults: readonly GossipFault[] | undefined;
  readonly planted: string | undefined;
}

/** Of pools of gossip alone. */
export interface GossipCampaign extends GossipWords {
  readonly of: "gossip";
  readonly twice: boolean;
}

export type CampaignOptions = SwarmCampaign | GossipCampaign;

/** Kinds of trouble that a campaign should have seen at work; undefined: all there are. */
export function demandedKinds(options: CampaignOptions): readonly string[] | undefined {
  return options.of === "gossip" && options.pool !== undefined
    ? (options.faults ?? gossipFaultsOf(options.pool))
    : options.faults;
}

/** Each in words; of two campaigns of one ground one after the other says the same of each. */
export function optionTexts(options: CampaignOptions): readonly string[] {
  const { faults, planted, twice } = options;
  return [
    ...(options.of === "swarm" ? swarmTexts(options) : gossipTexts(options)),
    faults === undefined ? "faults as each seed draws them" : `the faults ${faults.join(",") || "none"}`,
    planted === undefined ? "no planted bug" : `the planted bug ${planted}`,
    twice ? "each seed twice" : "each seed once",
  ];
}

function swarmTexts({ seconds, servers, clients, datacenters }: SwarmCampaign): readonly string[] {
  const places =
    datacenters === undefined ? "datacenters as each seed draws them" : `${datacenters} datacenters`;
  return ["whole agents", `${seconds} s`, `${servers} servers`, `${clients} clients`, places];
}

function gossipTexts({ seconds, members, pool, founded, calm }: GossipCampaign): readonly string[] {
  return [
    "gossip alone",
    seconds === undefined ? "seconds as the pool has them" : `${seconds} s`,
    `${members} members`,
    pool === undefined ? "pools as each seed draws them" : `a ${pool} each`,
    founded ? "pools that have been there for long" : "pools that come together",
    calm ? "a fair network" : "the weather of each seed",
  ];
}
