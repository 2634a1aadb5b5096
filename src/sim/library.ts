// The door of the package to the simulator: `import { World, scenario, swarm } from "quorate/sim"`. What stands here is
// promised to users (docs/simulation.md, "As a library"); nothing else of the simulator is.

// biome-ignore-start lint/performance/noBarrelFile: an entry of the package is the one place that only passes things on.
export { type Chance, DOOR, seededChance } from "../core/lib/chance.ts";
export type { RaftConfig } from "../core/raft/config.ts";
export { type ScenarioOptions, type ScenarioReport, scenario } from "./library/scenario.ts";
export { type SwarmOptions, swarm } from "./library/swarm.ts";
export { type Proposal, type TimeLimit, World, type WorldOptions } from "./library/world.ts";
export { RAFT_FAULTS, type RaftFault, type RaftTrouble } from "./raft/nemesis.ts";
export type { StateMachine } from "./raft/state-machine.ts";
export type { RaftReport } from "./raft/swarm.ts";
export type { RaftObserver } from "./raft/world.ts";
export type { Answer, AskOptions, Scenario, Story, StoryOptions } from "./scenario.ts";
export { Violation } from "./violation.ts";
// biome-ignore-end lint/performance/noBarrelFile: an entry of the package is the one place that only passes things on.
