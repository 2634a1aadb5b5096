// One seed of the Raft-only world: servers, proposals at whoever leads, trouble drawn from the seed, then calm, in which one
// leader must bring everyone to the same state within a bound.

import { type Chance, seededChance } from "../../core/lib/chance.ts";
import type { ClockSetting } from "../clock.ts";
import { asViolation, type Verdict, Violation, verdictOn } from "../violation.ts";
import { between } from "./links.ts";
import {
  drawRaftTrouble,
  endRaftTrouble,
  type RaftFault,
  type RaftTrouble,
  startRaftNemesis,
} from "./nemesis.ts";
import { whatIsLeft } from "./rest.ts";
import { serverNames } from "./server.ts";
import type { StateMachine } from "./state-machine.ts";
import {
  callRaftAt,
  createRaftWorld,
  proposeAt,
  type RaftObserver,
  type RaftWorld,
  raftLeaders,
  raftWorldDigest,
  runRaftUntil,
  startAll,
} from "./world.ts";

export interface RaftSwarmOptions<S> {
  readonly seed: string;
  /** Default 5. */
  readonly servers?: number;
  /** Simulated time, calm included. Default 30. */
  readonly seconds?: number;
  readonly machine: StateMachine<S>;
  /** The nth command that is proposed. Default: n itself, in eight bytes. */
  readonly command?: (chance: Chance, n: number) => Uint8Array;
  /** What trouble there is; drawn from the seed unless it is given. */
  readonly trouble?: Partial<RaftTrouble>;
  readonly planted?: string | undefined;
  readonly observers?: readonly ((world: RaftWorld<S>) => RaftObserver<S>)[];
  /** Where choices come from, by purpose. */
  readonly chances?: (purpose: string) => Chance;
}

export interface RaftReport extends Verdict {
  readonly seed: string;
  readonly simulatedMs: number;
  readonly events: number;
  /** Commands that were proposed, and entries that were committed. */
  readonly proposed: number;
  readonly committed: number;
  readonly digest: string;
  readonly faults: ReadonlyMap<RaftFault, number>;
}

/** The end of a run is calm. Within this there must be one leader and equal states: ten election timeouts. */
const CALM_US = 10_000_000;
/** Pause between two proposals. */
const PROPOSE_EVERY_US: readonly [number, number] = [200, 20_000];

/** Runs a seed. Never throws for what the run does: that is in the report. */
export function runRaftSeed<S>(options: RaftSwarmOptions<S>): RaftReport {
  const chances = options.chances ?? ((purpose: string) => seededChance(`${options.seed}/${purpose}`));
  const trouble = { ...drawRaftTrouble(chances("plan")), ...options.trouble };
  const world = createSwarmWorld(options, trouble, chances);
  const troubleUs = Math.max(0, (options.seconds ?? 30) * 1e6 - CALM_US);
  let proposed = 0;
  let faults: ReadonlyMap<RaftFault, number> = new Map();
  let failure: Violation | undefined;
  try {
    startAll(world);
    const clients = chances("clients");
    const { command = defaultCommand } = options;
    const next = (): void => {
      for (const leader of raftLeaders(world))
        if (typeof proposeAt(world, leader, command(clients, proposed + 1)) !== "string") proposed++;
      if (world.nowUs < troubleUs + CALM_US / 2)
        callRaftAt(world, world.nowUs + between(clients, "client.pause", PROPOSE_EVERY_US), next);
    };
    next();
    faults = startRaftNemesis(world, trouble, troubleUs, chances("nemesis"));
    runRaftUntil(world, troubleUs);
    endRaftTrouble(world);
    runRaftUntil(world, troubleUs + CALM_US);
    demandRest(world);
  } catch (error) {
    failure = asViolation(error);
  }
  return {
    seed: options.seed,
    ...verdictOn(failure),
    simulatedMs: Math.floor(world.nowUs / 1000),
    events: world.events,
    proposed,
    committed: world.history.committed.length,
    digest: raftWorldDigest(world),
    faults,
  };
}

function createSwarmWorld<S>(
  { seed, servers = 5, machine, planted, observers = [] }: RaftSwarmOptions<S>,
  { weather, raft }: RaftTrouble,
  chances: (purpose: string) => Chance,
): RaftWorld<S> {
  const clockChance = chances("clocks");
  const world = createRaftWorld<S>({
    seed,
    servers,
    machine,
    weather,
    raft,
    clocks: Object.fromEntries(serverNames(servers).map((name) => [name, drawClock(clockChance)])),
    planted,
    chances,
  });
  world.observers.push(...observers.map((make) => make(world)));
  return world;
}

/** Somewhere within a day, and up to 5 % fast or slow. */
function drawClock(chance: Chance): ClockSetting {
  return {
    offsetMs: chance.choose("clock.offset", 86_400_000),
    driftPpm: chance.choose("clock.drift", 100_001) - 50_000,
  };
}

function defaultCommand(_chance: Chance, n: number): Uint8Array {
  const data = new Uint8Array(8);
  for (let at = 0; at < 4; at++) data[at] = n >>> (8 * at);
  return data;
}

/** @throws Violation when the calm has not brought one leader, and everything committed and applied everywhere. */
function demandRest<S>(world: RaftWorld<S>): void {
  const left = whatIsLeft(world);
  if (left !== undefined)
    throw new Violation("not-at-rest", `${CALM_US / 1e6} s after all trouble ended, ${left}`);
}
