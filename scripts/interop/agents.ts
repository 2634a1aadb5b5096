// The agents of a mixed LAN: the original Consul's, ours and Serf's, started, asked and told to do things alike. Each is
// told through its own program's command line, as an operator would, and asked what it sees of the others.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { MEMBER_STATUSES } from "../../src/core/model/member.ts";
import { AgentProcess, type AgentSpec, agentFlags } from "../../test/support/agent-process.ts";
import { getJson } from "../../test/support/http-client.ts";
import type { AgentPorts } from "../../test/support/loopback.ts";
import { programPath } from "../../test/support/program.ts";

export type Kind = "Consul" | "Quorate" | "Serf";

/** What one agent knows of a member. */
export interface MemberFacts {
  readonly status: string;
  readonly address: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type Members = ReadonlyMap<string, MemberFacts>;

export interface LanAgent {
  /** What it was made of: `changed` makes another of it. */
  readonly spec: LanAgentSpec;
  readonly kind: Kind;
  readonly name: string;
  readonly process: AgentProcess;
  /** Where its gossip is, as `host:port`. */
  readonly gossip: string;
}

export interface LanAgentSpec {
  readonly kind: Kind;
  readonly name: string;
  readonly ip: string;
  readonly ports: AgentPorts;
  readonly folder: string;
  readonly server?: boolean;
  /** Gossip addresses to join, again and again until it works. */
  readonly joins?: readonly string[];
  /** Where others are told to find it, when that is not where it listens. */
  readonly advertise?: string;
  /** What its program is told besides. */
  readonly flags?: readonly string[] | undefined;
}

/** Probes three times as often as the default, so that failures are found three times as fast. */
const SETTINGS = `
  performance { raft_multiplier = 1 leave_drain_time = "1s" }
  gossip_lan { probe_interval = "300ms" probe_timeout = "150ms" }`;

/** An agent that is not started yet. */
export function createLanAgent(spec: LanAgentSpec): LanAgent {
  const { kind, name, ip, ports, folder, server = false, joins = [], advertise } = spec;
  const joining = ["-retry-interval", "1s", ...joins.flatMap((address) => ["-retry-join", address])];
  const flags = [
    "-log-level",
    "debug",
    ...joining,
    ...(advertise === undefined ? [] : ["-advertise", advertise]),
    ...(spec.flags ?? []),
  ];
  if (kind !== "Serf") flags.push("-hcl", SETTINGS);
  if (server) flags.push("-bootstrap-expect", "1");
  const dataDir = join(folder, name);
  const agent: AgentSpec = { name, server, ip, ports, flags, dataDir, logFile: `${dataDir}.log` };
  const command = { Consul: consulCommand, Quorate: () => undefined, Serf: serfCommand }[kind](agent);
  return {
    spec,
    kind,
    name,
    process: new AgentProcess(command === undefined ? agent : { ...agent, command }),
    gossip: `${ip}:${ports.serfLan}`,
  };
}

/** The same agent, to be started in another way: told of others, of another kind, elsewhere. Its data stay where they are. */
export function changed(agent: LanAgent, change: Partial<LanAgentSpec>): LanAgent {
  return createLanAgent({ ...agent.spec, ...change });
}

function consulCommand(spec: AgentSpec): string[] {
  return ["consul", "agent", ...agentFlags(spec)];
}

/** Serf's agent is asked through its RPC, in the place of HTTP. */
function serfCommand({ name, ip, ports, dataDir, flags }: AgentSpec): string[] {
  const addresses = ["-bind", `${ip}:${ports.serfLan}`, "-rpc-addr", `${ip}:${ports.http}`];
  const memory = ["-snapshot", `${dataDir}.snapshot`];
  return ["serf", "agent", "-node", name, "-tag", "role=serf", ...addresses, ...memory, ...flags];
}

const execute = promisify(execFile);
const CLI_PATIENCE_MS = 60_000;

const PROGRAMS: Readonly<Record<Kind, () => readonly [string, ...string[]]>> = {
  Consul: () => ["consul"],
  Quorate: () => [process.execPath, programPath()],
  Serf: () => ["serf"],
};

/**
 * Runs a command against the agent. Consul's program and ours work on each other's agents.
 * @param kind Whose program.
 * @returns What it prints. @throws Error with all that it says when it ends with anything but 0.
 */
export async function tell(
  agent: LanAgent,
  verb: string,
  args: readonly string[] = [],
  kind: Kind = agent.kind,
): Promise<string> {
  const { ip, ports } = agent.process.spec;
  const address = `${kind === "Serf" ? "-rpc-addr" : "-http-addr"}=${ip}:${ports.http}`;
  const [program, ...before] = PROGRAMS[kind]();
  const { stdout } = await execute(program, [...before, verb, address, ...args], {
    timeout: CLI_PATIENCE_MS,
  });
  return stdout;
}

/** What the agent itself says of all members, left and failed ones too. */
export async function membersSeenBy(agent: LanAgent): Promise<Members> {
  if (agent.kind === "Serf") return serfMembers(agent);
  const members = await getJson<readonly ConsulMember[]>(agent.process.http, "/v1/agent/members");
  return new Map(
    members.map(({ Name, Addr, Port, Tags, Status }) => [
      Name,
      { status: MEMBER_STATUSES[Status] ?? `${Status}`, address: `${Addr}:${Port}`, tags: Tags },
    ]),
  );
}

interface ConsulMember {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  readonly Status: number;
}

async function serfMembers(agent: LanAgent): Promise<Members> {
  const { members } = JSON.parse(await tell(agent, "members", ["-format=json"])) as {
    readonly members: readonly {
      readonly name: string;
      readonly addr: string;
      readonly tags: Readonly<Record<string, string>>;
      readonly status: string;
    }[];
  };
  return new Map(members.map(({ name, addr, tags, status }) => [name, { status, address: addr, tags }]));
}

/** Names and states in the table that a program prints of the agent's members. */
export async function membersPrinted(agent: LanAgent, kind: Kind): Promise<ReadonlyMap<string, string>> {
  const lines = (await tell(agent, "members", [], kind)).trimEnd().split("\n");
  const [, ...rows] = kind === "Serf" ? ["", ...lines] : lines;
  return new Map(
    rows.map((row) => {
      const [name = "", , status = ""] = row.split(/\s+/);
      return [name, status];
    }),
  );
}
