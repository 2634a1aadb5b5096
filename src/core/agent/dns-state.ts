// What the agent knows of its clients over DNS: how to answer them, and which of them wait.

import type { Fact, Need } from "../dns/facts.ts";
import type { Query } from "../dns/message.ts";
import { DEFAULT_DNS, type DnsSettings } from "../dns/settings.ts";
import type { Transport } from "../dns/trim.ts";
import type { Address } from "../model/address.ts";
import type { AgentConfig } from "./config.ts";
import type { RequestId } from "./ports.ts";

/** A question that waits for what others know. */
export interface OpenQuestion {
  readonly id: RequestId;
  readonly query: Query;
  readonly over: Transport;
  readonly ip: string;
  /** As it came, for who is asked in our place. */
  readonly bytes: Uint8Array;
  readonly facts: Map<string, Fact>;
  /** What is being asked, by its key. */
  readonly waiting: Map<string, Need>;
}

/** One question to recursors, one after the other. */
export interface Recursion {
  readonly question: number;
  /** For which need it is; undefined for the whole question, whose answer is passed on as it is. */
  readonly need: string | undefined;
  readonly bytes: Uint8Array;
  readonly over: Transport;
  readonly recursors: readonly Address[];
  /** How many of them were asked. */
  tried: number;
}

export interface Dns {
  /** Another one after a reload. */
  settings: DnsSettings;
  readonly open: Map<number, OpenQuestion>;
  readonly recursions: Map<number, Recursion>;
  next: number;
  /** Which instance comes first is dealt in turn. */
  deals: number;
}

export function createDns({ dns = DEFAULT_DNS }: AgentConfig): Dns {
  return { settings: dns, open: new Map(), recursions: new Map(), next: 1, deals: 0 };
}
