// The stories that come with the simulator, by the names that `quorate sim run` knows.

import type { Story } from "./scenario.ts";
import { clientAgent } from "./scenarios/client-agent.ts";
import { flapping } from "./scenarios/flapping.ts";
import { keyRotation } from "./scenarios/key-rotation.ts";
import { leaderLoss } from "./scenarios/leader-loss.ts";
import { locks } from "./scenarios/locks.ts";
import { oneWayCut } from "./scenarios/one-way-cut.ts";
import { partition } from "./scenarios/partition.ts";
import { powerCut } from "./scenarios/power-cut.ts";
import { rollingEncryption } from "./scenarios/rolling-encryption.ts";
import { slowDisk } from "./scenarios/slow-disk.ts";
import { stoppedLeader } from "./scenarios/stopped-leader.ts";

export interface NamedStory {
  readonly name: string;
  /** One line, for lists. */
  readonly about: string;
  readonly story: Story;
}

export const STORIES: readonly NamedStory[] = [
  { name: "client-agent", about: "a client agent passes everything on, whoever dies", story: clientAgent },
  { name: "flapping", about: "a follower comes and goes; the leader stays", story: flapping },
  {
    name: "key-rotation",
    about: "the key of gossip is changed three times, whatever happens",
    story: keyRotation,
  },
  { name: "leader-loss", about: "the leader is killed three times under load", story: leaderLoss },
  { name: "locks", about: "clients take and release locks while leaders die", story: locks },
  {
    name: "one-way-cut",
    about: "nothing reaches the leader, what it sends reaches everyone",
    story: oneWayCut,
  },
  { name: "partition", about: "the leader and one follower against the other three", story: partition },
  { name: "power-cut", about: "all servers lose power in the middle of writes", story: powerCut },
  {
    name: "rolling-encryption",
    about: "gossip becomes encrypted, agent by agent, while the cluster runs",
    story: rollingEncryption,
  },
  { name: "slow-disk", about: "the leader's disk takes two seconds for each write", story: slowDisk },
  {
    name: "stopped-leader",
    about: "the leader is stopped (SIGSTOP) for long enough to be replaced",
    story: stoppedLeader,
  },
];
