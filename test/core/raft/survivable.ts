// Which losses a cluster is made to survive: as long as, by every configuration that anybody has in its log, a majority of the
// voters still have the logs with which they were added (src/core/raft/identity.ts). More are lost data, whoever is clever.

import { concatBytes } from "../../../src/core/lib/bytes.ts";
import type { Configuration, ServerRecord } from "../../../src/core/raft/configuration.ts";
import { appendEncoded, createLog, latestConfiguration } from "../../../src/core/raft/log.ts";
import type { LogIdentity } from "../../../src/core/raft/messages.ts";
import { majority } from "../../../src/core/raft/quorum.ts";
import { type Rig, raftOf, type Seat } from "./rig.ts";

export function mayLoseDisk(rig: Rig, id: string): boolean {
  const sound = identitiesOf(rig);
  sound.delete(id);
  return [...rig.seats.values()].every((seat) =>
    configurationsOf(seat).every(({ servers }) => hasQuorum(servers, sound)),
  );
}

/** Nor does an operator take away a sound voter when the others have no majority without it. */
export function maySpare(rig: Rig, leader: string, id: string): boolean {
  const { servers } = latestConfiguration(raftOf(rig, leader).log);
  const others = servers.filter((server) => server.id !== id);
  return hasQuorum(others, identitiesOf(rig));
}

/**
 * Nor does one give a vote to a server that has lost its disk, which the leader cannot know before it hears from it, when
 * the sound voters are no majority of those that there are then.
 */
export function mayPromote(rig: Rig, leader: string, id: string): boolean {
  const { servers } = latestConfiguration(raftOf(rig, leader).log);
  const then = servers.map((server) => ({ ...server, voter: server.voter || server.id === id }));
  return hasQuorum(then, identitiesOf(rig));
}

function identitiesOf(rig: Rig): Map<string, LogIdentity> {
  return new Map([...rig.seats].map(([name, { raft }]) => [name, raft.identity]));
}

function hasQuorum(servers: readonly ServerRecord[], sound: ReadonlyMap<string, LogIdentity>): boolean {
  const voters = servers.filter(({ voter }) => voter);
  const left = voters.filter(({ id, identity }) => sound.get(id) === identity);
  return voters.length === 0 || left.length >= majority(voters.length);
}

/** In memory, on the disk, and in its snapshots. */
function configurationsOf({ raft, disk, keeper }: Seat): Configuration[] {
  const log = createLog();
  const bytes = concatBytes(disk.entries);
  let offset = 0;
  for (const entry of disk.entries) {
    appendEncoded(log, bytes, offset);
    offset += entry.length;
  }
  return [
    ...raft.log.configurations,
    ...log.configurations,
    ...keeper.files.map(({ meta }) => meta.configuration),
  ];
}
